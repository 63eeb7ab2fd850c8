import { blobName } from '../../images/archive/documents.ts'
import { fileHeader, padding } from '../../images/archive/write-tar.ts'
import { layoutMark } from '../../images/layout-mark.ts'
import type { Image, ImageDocument, ImageLayer } from '../../images/image.ts'

/** A piece of the archive that nodes are sent, whole: the small ones are in memory, of a layer there is the head alone. */
export interface SmallFile {
  readonly name: string
  readonly bytes: Uint8Array
}

const text = new TextEncoder()

/** What comes before the layers. */
export function filesBefore(images: readonly Image[]): readonly SmallFile[] {
  const documents = new Map<string, ImageDocument>()
  for (const { manifest, config } of images) for (const its of [config, manifest]) documents.set(its.digest, its)
  return [
    { name: 'oci-layout', bytes: text.encode(JSON.stringify(layoutMark)) },
    ...[...documents.values()].map(({ digest, bytes }) => ({ name: blobName(digest), bytes })),
  ]
}

/** The index comes last: an archive that is cut off is no image, and not one with layers missing. */
export function filesAfter(images: readonly Image[], platform: string): readonly SmallFile[] {
  const [os, architecture] = platform.split('/')
  const manifests = images.flatMap(({ names, manifest: { mediaType, digest, bytes } }) =>
    names.map((name) => ({
      mediaType,
      digest,
      size: bytes.length,
      platform: { os, architecture },
      annotations: { 'io.containerd.image.name': name },
    })),
  )
  return [{ name: 'index.json', bytes: text.encode(JSON.stringify({ schemaVersion: 2, manifests })) }]
}

/** Head, bytes and padding of a small file. */
export function inTar({ name, bytes }: SmallFile): Uint8Array {
  const head = fileHeader(name, bytes.length)
  const pad = padding(bytes.length)
  const whole = new Uint8Array(head.length + bytes.length + pad.length)
  whole.set(head)
  whole.set(bytes, head.length)
  return whole
}

export function layerHead({ digest, size }: ImageLayer): Uint8Array {
  return fileHeader(blobName(digest), size)
}
