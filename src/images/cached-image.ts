import { KinaError } from '../errors.ts'
import { blobName } from './archive/documents.ts'
import type { Members } from './archive/members.ts'
import { readOciLayout } from './archive/oci-layout.ts'
import type { Image } from './image.ts'
import { layoutIndex } from './layout-archive.ts'
import { layoutMark } from './layout-mark.ts'
import { blobPieces } from './store/blobs.ts'
import type { HeldImage } from './store/hold-image.ts'
import { pathOf, type Store } from './store/store.ts'

/**
 * An image of the cache as it can be read while it is held.
 * @param platform `linux/arm64`
 * @param name the reference that it is to have.
 * @throws KinaError `image-invalid`, `image-unavailable`; DamagedBlob, when a layer is read as well.
 */
export async function readCachedImage(store: Store, held: HeldImage, platform: string, name: string): Promise<Image> {
  const [image] = await readOciLayout(membersOf(store, held, name), platform)
  if (image) return image
  throw new KinaError('image-unavailable', `Cannot use "${name}" of the image cache: it is no image`)
}

/** The layout that holds this image alone: the cache's own index has all the others as well. */
function membersOf(store: Store, held: HeldImage, name: string): Members {
  const texts: Readonly<Record<string, Uint8Array>> = {
    'oci-layout': new TextEncoder().encode(JSON.stringify(layoutMark)),
    'index.json': new TextEncoder().encode(JSON.stringify(layoutIndex(held, name))),
  }
  const blobOf = (file: string): HeldImage['blobs'][number] | undefined =>
    held.blobs.find(({ digest }) => file === blobName(digest))
  return {
    source: 'the image cache',
    async size(file) {
      const text = texts[file]
      if (text) return text.length
      const blob = blobOf(file)
      return blob && (await store.blobs.stat(pathOf.blob(store, blob.digest)))?.bytes
    },
    async *read(file) {
      const text = texts[file]
      const blob = blobOf(file)
      if (text) yield text
      else if (blob) yield* blobPieces(store, blob)
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
