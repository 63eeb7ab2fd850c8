import type { Host } from '../host/host.ts'
import { pullImage, type Pulled } from './pull-image.ts'
import type { RegistryOptions } from './registry/registry.ts'
import type { HeldImage } from './store/hold-image.ts'
import { readIndexFile, type CachedImage, type ImageName } from './store/index-file.ts'
import { pruneStore } from './store/prune.ts'
import type { Store } from './store/store.ts'
import { withStoreLock } from './store/store-lock.ts'

export interface PullOptions extends Omit<RegistryOptions, 'tell' | 'signal'> {
  /** What the cache may have afterwards. */
  readonly maxBytes: number
}

export interface PulledImages extends AsyncDisposable {
  readonly pulled: readonly Pulled[]
  /** What went to bring the cache back to its bound. */
  readonly pruned: { readonly images: readonly CachedImage[]; readonly freedBytes: number }
}

/**
 * Images are in the cache, one after the other, the layers of each side by side; then the cache is brought back to its bound.
 * What was pulled is held until the result is disposed of.
 */
export async function pullImages(
  host: Host,
  store: Store,
  wanted: readonly ImageName[],
  options: PullOptions,
): Promise<PulledImages> {
  // A cache that cannot be used is told before a registry is asked.
  await withStoreLock(store, () => readIndexFile(store))
  const pulled: Pulled[] = []
  const letGo = async (): Promise<void> => {
    for (const { hold } of pulled as readonly HeldImage[]) await hold[Symbol.asyncDispose]()
  }
  try {
    for (const image of wanted) pulled.push(await pullImage(host, store, image, options))
    const pruned = await pruneStore(store, { maxBytes: options.maxBytes, remains: false })
    return { pulled, pruned, [Symbol.asyncDispose]: letGo }
  } catch (error) {
    await letGo()
    throw error
  }
}
