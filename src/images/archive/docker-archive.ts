import { KinaError } from '../../errors.ts'
import { digestOf, rollingDigest } from '../digest.ts'
import type { Image, ImageLayer } from '../image.ts'
import { invalidImage } from '../invalid.ts'
import { platformText, runsOn } from '../platform.ts'
import { normalizeImageReference } from '../reference.ts'
import { compressionOf } from './compression.ts'
import { config as configSchema, dockerManifests, parseAs, readSmall } from './documents.ts'
import type { Members } from './members.ts'

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const

/**
 * The images of `docker save` before release 25 and of `podman save`: manifest.json, configurations and layers, which are not
 * packed. They have no manifest of their own, so one is made.
 * @throws KinaError `image-invalid`; `image-unavailable` when an image is for another platform.
 */
export async function readDockerArchive(members: Members, platform: string): Promise<readonly Image[]> {
  const manifests = parseAs(dockerManifests, await readSmall(members, 'manifest.json'), members, 'manifest.json')
  if (manifests.length === 0) throw invalidImage(members.source, 'it holds no image')
  const images: Image[] = []
  for (const { Config, RepoTags, Layers } of manifests) {
    const bytes = await readSmall(members, pathIn(members, Config))
    const { rootfs, ...own } = parseAs(configSchema, bytes, members, Config)
    const names = (RepoTags ?? []).flatMap((tag) => normalizeImageReference(tag) ?? [])
    if (!runsOn(own, platform)) {
      throw new KinaError(
        'image-unavailable',
        `Cannot use ${names[0] ?? Config} of "${members.source}": it has nothing for the platform ${platform}`,
        { seen: [`platforms: ${platformText(own)}`], hint: 'Save or build the image for this platform' },
      )
    }
    if (rootfs.diff_ids.length !== Layers.length)
      throw invalidImage(members.source, `"${Config}" knows of another number of layers than manifest.json`)
    const layers: ImageLayer[] = []
    for (const [at, path] of Layers.entries())
      layers.push(await readLayer(members, pathIn(members, path), rootfs.diff_ids[at] ?? ''))
    const config = { mediaType: types.config, digest: digestOf(bytes), bytes }
    const manifest = new TextEncoder().encode(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: types.manifest,
        config: { mediaType: config.mediaType, digest: config.digest, size: bytes.length },
        layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      }),
    )
    images.push({
      names,
      manifest: { mediaType: types.manifest, digest: digestOf(manifest), bytes: manifest },
      config,
      layers,
    })
  }
  return images
}

/** @throws KinaError `image-invalid` for a path that leads outside. */
function pathIn(members: Members, path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (path.startsWith('/') || parts.includes('..')) throw invalidImage(members.source, 'manifest.json leads outside')
  return parts.join('/')
}

/** A layer that is not packed has its diff id as digest; some tools pack them all the same, then it is counted. */
async function readLayer(members: Members, path: string, diffId: string): Promise<ImageLayer> {
  const size = await members.size(path)
  if (size === undefined) throw invalidImage(members.source, `the layer "${path}" is missing`)
  const read = (): AsyncIterable<Uint8Array> => members.read(path)
  const packed = await compressionOf(members.read(path, 0, 8))
  if (packed === undefined) return { mediaType: types.layer, digest: diffId, size, diffId, read }
  const digest = rollingDigest()
  for await (const piece of read()) digest.add(piece)
  return { mediaType: `${types.layer}+${packed}`, digest: digest.end(), size, diffId, read }
}
