import { createHash } from 'node:crypto'

/** An image as a registry serves it. */
export interface MadeImage {
  /** By digest: manifests, configuration, layers. */
  readonly blobs: ReadonlyMap<string, Uint8Array>
  /** What a tag is to point to: the index where there are several platforms. */
  readonly root: { readonly digest: string; readonly mediaType: string }
  /** By platform. */
  readonly manifests: Readonly<Record<string, string>>
  /** Layers of all platforms, in order. */
  readonly layers: readonly string[]
}

export interface ImageWishes {
  readonly platforms?: readonly string[]
  /** Sizes of the layers of each platform. */
  readonly layers?: readonly number[]
  /** Images of different seeds share no layer. */
  readonly seed?: number
  /** Without an index: the root is the manifest. */
  readonly isBare?: boolean
}

const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Bytes that look random and are the same each time (xorshift32). */
export function madeBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = (seed * 2654435761 + 1) >>> 0 || 1
  for (let at = 0; at < length; at++) {
    state ^= (state << 13) >>> 0
    state ^= state >>> 17
    state ^= (state << 5) >>> 0
    state >>>= 0
    bytes[at] = state & 255
  }
  return bytes
}

/** Layers are bytes, not archives: nothing here unpacks them. */
export function makeImage({
  platforms = ['linux/amd64', 'linux/arm64/v8'],
  layers = [300_000, 200_000, 1000],
  seed = 1,
  isBare = false,
}: ImageWishes = {}): MadeImage {
  const blobs = new Map<string, Uint8Array>()
  const add = (bytes: Uint8Array, mediaType: string): { mediaType: string; digest: string; size: number } => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  const layerDigests: string[] = []
  const manifests = platforms.map((platform, index) => {
    const [os, architecture, variant] = platform.split('/')
    const its = { os, architecture, ...(variant === undefined ? {} : { variant }) }
    const made = layers.map((bytes, layer) => add(madeBytes(bytes, seed * 1000 + index * 100 + layer), types.layer))
    layerDigests.push(...made.map(({ digest }) => digest))
    const config = add(
      json({ ...its, rootfs: { type: 'layers', diff_ids: made.map(({ digest }) => digest) } }),
      types.config,
    )
    const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers: made }
    return { platform, descriptor: { ...add(json(manifest), types.manifest), platform: its } }
  })
  const index = { schemaVersion: 2, mediaType: types.index, manifests: manifests.map(({ descriptor }) => descriptor) }
  const [first] = manifests
  const root = isBare && first ? first.descriptor : add(json(index), types.index)
  return {
    blobs,
    root: { digest: root.digest, mediaType: root.mediaType },
    manifests: Object.fromEntries(manifests.map(({ platform, descriptor }) => [platform, descriptor.digest])),
    layers: layerDigests,
  }
}
