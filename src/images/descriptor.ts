/** `images` is the cache on disk and the way from a registry into it. This file is what OCI calls descriptors and manifests. */
import * as v from 'valibot'
import { KinaError } from '../errors.ts'

const digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'is no sha256 digest'))

const descriptor = v.object({
  mediaType: v.optional(v.string(), 'application/octet-stream'),
  digest,
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
})

/** What a blob is, by its digest. */
export type Descriptor = v.InferOutput<typeof descriptor>

const platformFields = v.object({
  os: v.optional(v.string(), ''),
  architecture: v.optional(v.string(), ''),
  variant: v.optional(v.string()),
})

const index = v.object({
  manifests: v.array(v.object({ ...descriptor.entries, platform: v.optional(platformFields) })),
})

const manifest = v.object({ config: descriptor, layers: v.array(descriptor) })

export type Manifest = v.InferOutput<typeof manifest>
type Index = v.InferOutput<typeof index>

/** No manifest that a registry accepts is larger. */
export const manifestLimit = 4 * 1024 * 1024

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const

type Document = { /** As it says itself. */ readonly mediaType: string | undefined } & (
  | { readonly kind: 'index'; readonly index: Index }
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
)

/**
 * A manifest or an index of manifests, told apart by what is in it.
 * @param name what it is, as in `manifest of "docker.io/library/x:latest"`.
 * @throws KinaError `image-unavailable` for everything else.
 */
export function parseDocument(bytes: Uint8Array, name: string): Document {
  const json = parseJson(bytes, name)
  if (v.is(v.object({ manifests: v.array(v.unknown()) }), json))
    return { kind: 'index', index: read(index, json, name), mediaType: typeIn(json) }
  if (v.is(v.object({ fsLayers: v.array(v.unknown()) }), json))
    throw unreadable(name, 'it has the form of before 2016 (schema 1)')
  return { kind: 'manifest', manifest: read(manifest, json, name), mediaType: typeIn(json) }
}

function typeIn(json: unknown): string | undefined {
  return v.is(v.object({ mediaType: v.string() }), json) ? json.mediaType : undefined
}

const config = v.object({ ...platformFields.entries })

/** The platform that an image's configuration names, as `linux/arm64` or `linux/arm/v7`. */
export function platformOfConfig(bytes: Uint8Array, name: string): string {
  return platformText(read(config, parseJson(bytes, name), name))
}

/**
 * The manifest for a platform (`os/architecture[/variant]`) among those of an index. arm64 has one variant, v8, which may be
 * left away; what has no platform, or an unknown one, is no image (attestations).
 * @throws KinaError `image-unavailable` that lists the platforms there are.
 */
export function chooseManifest({ manifests }: Index, wanted: string, name: string): Descriptor {
  const found = manifests.find(({ platform }) => platform && isPlatform(platformText(platform), wanted))
  if (found) return { mediaType: found.mediaType, digest: found.digest, size: found.size }
  const there = manifests.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [platformText(platform)] : [],
  )
  throw new KinaError('image-unavailable', `Cannot use ${name}: it has nothing for the platform ${wanted}`, {
    seen: [there.length > 0 ? `platforms: ${there.join(', ')}` : 'it names no platforms'],
    hint: 'Choose an image that is built for this platform',
  })
}

export function isPlatform(one: string, other: string): boolean {
  return withVariant(one) === withVariant(other)
}

function withVariant(platform: string): string {
  return platform.replace(/^(\w+\/arm64)\/v8$/, '$1')
}

function platformText({ os, architecture, variant }: v.InferOutput<typeof platformFields>): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw unreadable(name, error instanceof Error ? error.message : String(error))
  }
}

function read<Schema extends v.GenericSchema>(schema: Schema, json: unknown, name: string): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, json)
  if (success) return output
  const [issue] = issues
  throw unreadable(name, `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`)
}

function unreadable(name: string, reason: string): KinaError {
  return new KinaError('image-unavailable', `Cannot read the ${name}`, {
    seen: [reason],
    hint: 'It is no container image, or not in a form that kina knows',
  })
}
