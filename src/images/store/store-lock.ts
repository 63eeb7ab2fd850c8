import { KinaError } from '../../errors.ts'
import { sweepOwnerFiles, takeOwnerFile, type Owner } from '../../host/owner-file.ts'
import { checkLayout, makeFolders, markLayout } from './layout.ts'
import { pathOf, type Store } from './store.ts'

const reserve = 'Room for locks when the disk is full.\n'.repeat(1700)

/** Pauses between two looks at a lock that another process holds, milliseconds. */
const pauses = { first: 10, longest: 250 }

/**
 * Does something while no other process changes which images and blobs count: the index, the holds, what is pruned.
 * Held for as long as small files take, never while bytes come over a network.
 * @throws KinaError `timed-out` when another process does not let go.
 */
export async function withStoreLock<T>(store: Store, work: () => Promise<T>): Promise<T> {
  await checkLayout(store)
  await makeFolders(store)
  const path = `${pathOf.locks(store)}/store`
  const end = store.clock.now() + store.lockWithin
  const onWait = (owner: Owner): void => {
    if (store.clock.now() < end) return
    throw new KinaError('timed-out', `Cannot change the image cache "${store.folder}": another kina is at work in it`, {
      seen: [`process ${owner.pid}: ${owner.command}, run ${owner.run}`],
      hint: 'Wait until it has ended, or interrupt it',
    })
  }
  try {
    await takeWaiting(store, path, onWait)
  } catch (error) {
    const isFull = error instanceof KinaError && error.code === 'disk-full'
    if (!isFull || !(await store.files.remove(pathOf.reserve(store)))) throw error
    await takeWaiting(store, path, onWait)
  }
  try {
    await sweepOwnerFiles(store, path, store.own)
    await sweepTemporaries(store)
    await markLayout(store)
    return await work()
  } finally {
    await store.files.remove(path)
    // As long as there is room. Not its loss: the next who has the lock puts it back.
    await store.files.createExclusively(pathOf.reserve(store), reserve).catch(() => undefined)
  }
}

/**
 * Takes the lock of one blob: who holds it writes its partial file, puts it into place, or removes it.
 * @param isNeeded asked again before each look; false gives up waiting.
 * @returns the lock, undefined when it was not needed any more.
 */
export async function takeBlobLock(
  store: Store,
  digest: string,
  isNeeded: () => Promise<boolean>,
): Promise<AsyncDisposable | undefined> {
  const path = pathOf.blobLock(store, digest)
  if (!(await takeWaiting(store, path, async () => await isNeeded()))) return undefined
  await sweepOwnerFiles(store, path, store.own)
  return {
    async [Symbol.asyncDispose]() {
      await store.files.remove(path)
    },
  }
}

/** @param onWait called before each pause; false ends the wait. @returns whether it was taken. */
async function takeWaiting(
  store: Store,
  path: string,
  onWait: (owner: Owner) => Promise<boolean> | void,
): Promise<boolean> {
  for (let pause = pauses.first; ; pause = Math.min(pause * 1.5, pauses.longest)) {
    const taken = await takeOwnerFile(store, path, store.own)
    if (taken.isTaken) return true
    if ((await onWait(taken.owner)) === false) return false
    await store.clock.sleep(pause * (0.5 + Math.random()), store.signal)
  }
}

/** Files that were to replace `index.json` or `oci-layout` are written under the lock alone: what is left of them is nobody's. */
async function sweepTemporaries(store: Store): Promise<void> {
  const left = (await store.files.list(store.folder)).filter((name) =>
    /^\.(index\.json|oci-layout)\.[0-9a-f]+$/.test(name),
  )
  for (const name of left) await store.files.remove(`${store.folder}/${name}`)
}
