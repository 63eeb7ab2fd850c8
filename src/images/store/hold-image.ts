import { holdBlobs } from './holds.ts'
import { areThere, imageParts, type ImageParts } from './image-parts.ts'
import { changeImages, isNamed, readIndexFile, type CachedImage, type ImageName } from './index-file.ts'
import type { Store } from './store.ts'

/** A complete image that this command works with. */
export interface HeldImage {
  readonly image: CachedImage
  /** Manifest, index where there is one, configuration, layers. */
  readonly blobs: ImageParts['blobs']
  /** Of all of them. */
  readonly bytes: number
  /** To be let go when the image is not needed any more; until then nothing of it is pruned. */
  readonly hold: AsyncDisposable
}

/** Takes an image that is completely there into use, which is what its time of last use tells. Undefined when it is not there. */
export async function holdImage(store: Store, wanted: ImageName): Promise<HeldImage | undefined> {
  const image = (await readIndexFile(store)).images.find((its) => isNamed(its, wanted))
  if (image === undefined) return undefined
  const { blobs, isComplete } = await imageParts(store, image)
  if (!isComplete) return undefined
  const hold = await holdBlobs(
    store,
    blobs.map(({ digest }) => digest),
  )
  // Looked at before it was held: it may have been pruned in between.
  if (!(await areThere(store, blobs))) {
    await hold[Symbol.asyncDispose]()
    return undefined
  }
  const lastUsed = store.clock.date()
  await changeImages(store, (images) => [...images.filter((its) => !isNamed(its, wanted)), { ...image, lastUsed }])
  return { image, blobs, hold, bytes: blobs.reduce((sum, { size }) => sum + size, 0) }
}
