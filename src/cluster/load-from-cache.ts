import { storedName } from '../apple-container/stored-name.ts'
import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { layoutArchive } from '../images/layout-archive.ts'
import { pullImages } from '../images/pull-images.ts'
import { DamagedBlob } from '../images/store/blobs.ts'
import { holdImage, type HeldImage } from '../images/store/hold-image.ts'
import type { ImageName } from '../images/store/index-file.ts'
import { openStore, type Store } from '../images/store/store.ts'
import type { Kina } from './kina.ts'

/** How node images go through the image cache. */
export interface NodeImageCache {
  /** `auto` leaves an image that the cache cannot give to `container image pull`; `on` does not. */
  readonly mode: 'auto' | 'on'
  readonly folder: string
  readonly maxBytes: number
  readonly mirrors: ReadonlyMap<string, readonly string[]>
}

/** A blob is dropped when it turns out to be damaged, and fetched again: a second one is chance, more is the disk. */
const attempts = 3

/**
 * An image from the cache, pulled into it where it is not there, is in the store of `container`.
 * @throws KinaError `image-unavailable`, `cache-unusable`, `disk-full`, and what `container` says.
 */
export async function loadFromCache(
  { kina, apple, signal }: { readonly kina: Kina; readonly apple: AppleContainer; readonly signal: AbortSignal },
  cache: NodeImageCache,
  wanted: ImageName,
): Promise<void> {
  const { host, report, run, deadlines } = kina
  const store = await openStore(host, {
    folder: cache.folder,
    run,
    command: 'create cluster',
    tell: report,
    signal,
    lockWithin: deadlines.cacheLock,
  })
  const name = storedName(wanted.reference)
  for (let attempt = 1; ; attempt++) {
    const held = (await holdImage(store, wanted)) ?? (await pulledInto(kina, store, cache, wanted))
    try {
      const loaded = await apple.loadImages(layoutArchive(store, held, name), {
        signal,
        within: deadlines.loadIntoStore,
      })
      if (loaded.includes(name)) return
      throw new KinaError(
        'unexpected-answer',
        `Cannot load "${name}" into the store of container: it has another name there`,
        {
          seen: loaded,
          hint: 'Use --image-cache off',
        },
      )
    } catch (error) {
      if (!(error instanceof DamagedBlob) || attempt === attempts) throw error
    } finally {
      await held.hold[Symbol.asyncDispose]()
    }
  }
}

async function pulledInto(
  { host, deadlines, timeoutScale }: Kina,
  store: Store,
  { mirrors, maxBytes }: NodeImageCache,
  wanted: ImageName,
): Promise<HeldImage> {
  const options = { mirrors, maxBytes, stall: deadlines.registryStall, scale: timeoutScale }
  const { pulled } = await pullImages(host, store, [wanted], options)
  const [image] = pulled
  if (!image) throw new Error('nothing was pulled')
  return image
}
