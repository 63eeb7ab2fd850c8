import { storedName } from '../apple-container/stored-name.ts'
import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { layoutArchive } from '../images/layout-archive.ts'
import type { ImageName } from '../images/store/index-file.ts'
import { despiteDamage, heldOrPulled, openCacheFor, type ImageCache } from './image-cache.ts'
import type { Kina } from './kina.ts'

/** How node images go through the image cache. */
export interface NodeImageCache extends ImageCache {
  /** `auto` leaves an image that the cache cannot give to `container image pull`; `on` does not. */
  readonly mode: 'auto' | 'on'
}

/**
 * An image from the cache, pulled into it where it is not there, is in the store of `container`.
 * @throws KinaError `image-unavailable`, `cache-unusable`, `disk-full`, and what `container` says.
 */
export async function loadFromCache(
  { kina, apple, signal }: { readonly kina: Kina; readonly apple: AppleContainer; readonly signal: AbortSignal },
  cache: NodeImageCache,
  wanted: ImageName,
): Promise<void> {
  const store = await openCacheFor(kina, cache.folder, 'create cluster', signal)
  const name = storedName(wanted.reference)
  await despiteDamage(async () => {
    const held = await heldOrPulled(kina, store, cache, wanted)
    try {
      const loaded = await apple.loadImages(layoutArchive(store, held, name), {
        signal,
        within: kina.deadlines.loadIntoStore,
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
    } finally {
      await held.hold[Symbol.asyncDispose]()
    }
  })
}
