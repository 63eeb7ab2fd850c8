import { archiveEnd, fileHeader, padding } from './archive/write-tar.ts'
import { mediaTypes } from './descriptor.ts'
import { layoutMark } from './layout-mark.ts'
import { progressOf } from './progress.ts'
import { blobPieces } from './store/blobs.ts'
import type { HeldImage } from './store/hold-image.ts'
import { hexOf, type Store } from './store/store.ts'

/**
 * An image of the cache as a tar archive with an OCI layout, piece by piece. Blobs are compared with their digests as they go
 * out, and before the archive comes to its end.
 * @param name the reference that the image is to have where it is loaded.
 * @throws DamagedBlob
 */
export async function* layoutArchive(store: Store, held: HeldImage, name: string): AsyncGenerator<Uint8Array> {
  const { image, blobs, bytes } = held
  yield* textFile('oci-layout', layoutMark)
  yield* textFile('index.json', layoutIndex(held, name))
  const progress = progressOf(store, `load ${image.reference}`, bytes)
  let done = 0
  for (const blob of blobs) {
    // The manifest alone leads to the image here: an index would name platforms that are not in the archive.
    if (blob.digest !== image.index) {
      yield fileHeader(`blobs/sha256/${hexOf(blob.digest)}`, blob.size)
      for await (const piece of blobPieces(store, blob)) {
        yield piece
        done += piece.length
        progress.have(done)
      }
      yield padding(blob.size)
    } else done += blob.size
  }
  yield archiveEnd
  progress.have(bytes)
}

/** The `index.json` of a layout that holds this image alone. @param name the reference that it is to have. */
export function layoutIndex({ image }: HeldImage, name: string): object {
  const [os, architecture, variant] = image.platform.split('/')
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) }
  // The names under which Apple's store, containerd and OCI tools look for it.
  const annotations = {
    'com.apple.containerization.image.name': name,
    'io.containerd.image.name': name,
    'org.opencontainers.image.ref.name': name,
  }
  return { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [{ ...image.manifest, platform, annotations }] }
}

function* textFile(name: string, content: object): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(JSON.stringify(content))
  yield fileHeader(name, bytes.length)
  yield bytes
  yield padding(bytes.length)
}
