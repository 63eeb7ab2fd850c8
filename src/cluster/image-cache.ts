import { pullImages } from '../images/pull-images.ts'
import { DamagedBlob } from '../images/store/blobs.ts'
import { holdImage, type HeldImage } from '../images/store/hold-image.ts'
import type { ImageName } from '../images/store/index-file.ts'
import { openStore, type Store } from '../images/store/store.ts'
import type { Kina } from './kina.ts'

/** Where the image cache is, and how images get into it. */
export interface ImageCache {
  readonly folder: string
  /** What it may have after a pull. */
  readonly maxBytes: number
  readonly mirrors: ReadonlyMap<string, readonly string[]>
}

/** A blob is dropped when it turns out to be damaged, and fetched again: a second one is chance, more is the disk. */
const attempts = 3

/** Work with an image of the cache, which is begun again when a blob turns out to be damaged. @throws what the work throws. */
export async function despiteDamage<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DamagedBlob) || attempt === attempts) throw error
    }
  }
}

/** The cache, for one command. @param command as its lock and its holds name it. */
export async function openCacheFor(
  { host, report, run, deadlines }: Kina,
  folder: string,
  command: string,
  signal: AbortSignal,
): Promise<Store> {
  return await openStore(host, { folder, run, command, tell: report, signal, lockWithin: deadlines.cacheLock })
}

/** An image that is in the cache, or now is. @throws KinaError `image-unavailable`, `cache-unusable`, `disk-full`. */
export async function heldOrPulled(
  { host, deadlines, timeoutScale }: Kina,
  store: Store,
  { mirrors, maxBytes }: ImageCache,
  wanted: ImageName,
): Promise<HeldImage> {
  const held = await holdImage(store, wanted)
  if (held) return held
  const options = { mirrors, maxBytes, stall: deadlines.registryStall, scale: timeoutScale }
  const { pulled } = await pullImages(host, store, [wanted], options)
  const [image] = pulled
  if (!image) throw new Error('nothing was pulled')
  return image
}
