import { readCachedImage } from '../../images/cached-image.ts'
import { holdImage } from '../../images/store/hold-image.ts'
import { heldOrPulled, openCacheFor, type ImageCache } from '../image-cache.ts'
import type { Kina } from '../kina.ts'
import type { Source } from './sources.ts'

/** The image cache. What it has is read where it lies; what turns out to be damaged is fetched again when it is opened once more. */
export function cacheSource(kina: Kina, cache: ImageCache, platform: string): Source {
  const open = () => openCacheFor(kina, cache.folder, 'load image', kina.signal)
  return {
    name: 'image cache',
    async find(reference) {
      const store = await open()
      const held = await holdImage(store, { reference, platform })
      if (held === undefined) return undefined
      await using _hold = held.hold
      const { manifest, layers } = await readCachedImage(store, held, platform, reference)
      return { manifest: manifest.digest, diffIds: layers.map(({ diffId }) => diffId) }
    },
    async open(reference) {
      const store = await open()
      const held = await heldOrPulled(kina, store, cache, { reference, platform })
      try {
        const image = await readCachedImage(store, held, platform, reference)
        return { images: [image], [Symbol.asyncDispose]: () => held.hold[Symbol.asyncDispose]() }
      } catch (error) {
        await held.hold[Symbol.asyncDispose]()
        throw error
      }
    },
  }
}
