import { isAliveByTag, processTag } from '../../host/owner-file.ts'
import { pathOf, type Store } from './store.ts'
import { withStoreLock } from './store-lock.ts'

/**
 * Keeps blobs from being pruned as long as this command works with them, whether they are there already or are to come.
 * The hold of a process that died counts no more.
 */
export async function holdBlobs(store: Store, digests: readonly string[]): Promise<AsyncDisposable> {
  const path = `${pathOf.holds(store)}/${processTag(store.own)}.${store.clock.randomHex(6)}`
  await withStoreLock(store, () => store.files.createExclusively(path, digests.join('\n')))
  return {
    async [Symbol.asyncDispose]() {
      await store.files.remove(path)
    },
  }
}

/** Digests that running commands hold; what dead ones held is let go. To be called with the store's lock held. */
export async function heldDigests(store: Store): Promise<ReadonlySet<string>> {
  const held = new Set<string>()
  for (const name of await store.blobs.listFiles(pathOf.holds(store))) {
    const path = `${pathOf.holds(store)}/${name}`
    const [tag = ''] = name.split('.')
    if (!(await isAliveByTag(store, tag))) {
      if (/^\d+-\w*\.[0-9a-f]+$/.test(name)) await store.files.remove(path)
      continue
    }
    const text = await store.files.read(path)
    for (const digest of text?.split('\n') ?? []) held.add(digest)
  }
  return held
}
