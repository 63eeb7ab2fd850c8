import { KinaError } from '../../errors.ts'
import type { Image, ImageDocument } from '../image.ts'
import { invalidImage } from '../invalid.ts'
import { platformText, runsOn } from '../platform.ts'
import { normalizeImageReference } from '../reference.ts'
import {
  blobName,
  config as configSchema,
  index as indexSchema,
  layout as layoutSchema,
  manifest as manifestSchema,
  parseAs,
  readBlob,
  readSmall,
  type Descriptor,
  type Platform,
} from './documents.ts'
import { limits } from './limits.ts'
import type { Members } from './members.ts'

const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/**
 * The images of an OCI image layout (image-spec, image-layout.md), each cut to one platform (`linux/arm64`).
 * @throws KinaError `image-invalid`; `image-unavailable` when an image has nothing for the platform.
 */
export async function readOciLayout(members: Members, platform: string): Promise<readonly Image[]> {
  parseAs(layoutSchema, await readSmall(members, 'oci-layout'), members, 'oci-layout')
  const { manifests } = parseAs(indexSchema, await readSmall(members, 'index.json'), members, 'index.json')
  const images = new Map<string, Image>()
  for (const descriptor of manifests) {
    const found = await chosen(members, descriptor, platform)
    // Signatures and other things that are no images lie beside them.
    if (found === undefined) continue
    const names = namesOf(descriptor)
    const before = images.get(found.digest)
    const image = before ?? (await readImage(members, found, names))
    images.set(found.digest, { ...image, names: [...new Set([...(before?.names ?? []), ...names])] })
  }
  if (images.size === 0) throw invalidImage(members.source, 'it holds no image')
  return [...images.values()]
}

/** containerd's annotation has the whole name, OCI's often the tag alone, which names nothing. */
function namesOf({ annotations }: Descriptor): readonly string[] {
  const full = annotations['io.containerd.image.name'] ?? annotations['com.apple.containerization.image.name']
  const short = annotations['org.opencontainers.image.ref.name'] ?? ''
  const name = full ?? (/[/:]/.test(short) ? short : undefined)
  const normalized = name === undefined ? undefined : normalizeImageReference(name)
  return normalized === undefined ? [] : [normalized]
}

/** The manifest for the platform; undefined for what is no image. */
async function chosen(members: Members, descriptor: Descriptor, platform: string): Promise<Descriptor | undefined> {
  const there: string[] = []
  const find = async (its: Descriptor, depth: number): Promise<Descriptor | undefined> => {
    if (depth > limits.depth) throw invalidImage(members.source, 'its indexes lie too deep within each other')
    if (indexTypes.includes(its.mediaType)) {
      const { manifests } = parseAs(indexSchema, await readBlob(members, its), members, blobName(its.digest))
      for (const child of manifests) {
        if (child.platform && !isWanted(child.platform)) continue
        const found = await find(child, depth + 1)
        if (found) return found
      }
      return undefined
    }
    if (!manifestTypes.includes(its.mediaType)) return undefined
    const own = await platformOf(members, its)
    return own && isWanted(own) ? its : undefined
  }
  const isWanted = (its: Platform): boolean => {
    if (runsOn(its, platform)) return true
    if (its.os !== 'unknown') there.push(platformText(its))
    return false
  }
  const found = await find(descriptor, 0)
  if (found || there.length === 0) return found
  throw new KinaError(
    'image-unavailable',
    `Cannot use ${namesOf(descriptor)[0] ?? descriptor.digest} of "${members.source}": it has nothing for the platform ${platform}`,
    { seen: [`platforms: ${[...new Set(there)].join(', ')}`], hint: 'Save or build the image for this platform' },
  )
}

/** What the configuration says; undefined where it is none of an image. */
async function platformOf(members: Members, descriptor: Descriptor): Promise<Platform | undefined> {
  const { config } = parseAs(manifestSchema, await readBlob(members, descriptor), members, blobName(descriptor.digest))
  if (!/^application\/vnd\.(oci\.image\.config|docker\.container\.image)\.v1\+json$/.test(config.mediaType))
    return undefined
  const { os, architecture, variant } = parseAs(
    configSchema,
    await readBlob(members, config),
    members,
    blobName(config.digest),
  )
  return { os, architecture, variant }
}

async function readImage(members: Members, descriptor: Descriptor, names: readonly string[]): Promise<Image> {
  const document = async (its: Descriptor): Promise<ImageDocument> => ({
    mediaType: its.mediaType,
    digest: its.digest,
    bytes: await readBlob(members, its),
  })
  const manifest = await document(descriptor)
  const parsed = parseAs(manifestSchema, manifest.bytes, members, blobName(manifest.digest))
  const config = await document(parsed.config)
  const { diff_ids } = parseAs(configSchema, config.bytes, members, blobName(config.digest)).rootfs
  if (diff_ids.length !== parsed.layers.length)
    throw invalidImage(
      members.source,
      `"${blobName(config.digest)}" knows of another number of layers than its manifest`,
    )
  for (const { digest, size } of parsed.layers) {
    const found = await members.size(blobName(digest))
    if (found === undefined) throw invalidImage(members.source, `the layer ${digest} is missing`)
    if (found !== size) throw invalidImage(members.source, `the layer ${digest} has ${found} bytes instead of ${size}`)
  }
  return {
    names,
    manifest,
    config,
    layers: parsed.layers.map(({ mediaType, digest, size }, at) => ({
      mediaType,
      digest,
      size,
      diffId: diff_ids[at] ?? '',
      read: () => members.read(blobName(digest)),
    })),
  }
}
