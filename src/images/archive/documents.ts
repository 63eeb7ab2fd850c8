import * as v from 'valibot'
import { digestOf, isDigest } from '../digest.ts'
import { invalidImage } from '../invalid.ts'
import { layoutMark } from '../layout-mark.ts'
import { limits } from './limits.ts'
import type { Members } from './members.ts'

/** The whole of a small file. @throws KinaError `image-invalid` when it is missing or too large to be what it should be. */
export async function readSmall(members: Members, name: string): Promise<Uint8Array> {
  const size = await members.size(name)
  if (size === undefined) throw invalidImage(members.source, `"${name}" is missing`)
  if (size > limits.documentBytes)
    throw invalidImage(members.source, `"${name}" has ${size} bytes, too many for what it is`)
  const bytes = new Uint8Array(size)
  let at = 0
  for await (const piece of members.read(name)) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** @throws KinaError `image-invalid` when the text is no JSON, or has another shape. */
export function parseAs<Schema extends v.GenericSchema>(
  schema: Schema,
  bytes: Uint8Array,
  members: Members,
  name: string,
): v.InferOutput<Schema> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw invalidImage(members.source, `"${name}" is no JSON`)
  }
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw invalidImage(members.source, `"${name}": ${v.getDotPath(issue) ?? 'it'} has another form than it should have`)
}

const digest = v.pipe(v.string(), v.check(isDigest))
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const platform = v.object({
  os: v.optional(v.string(), ''),
  architecture: v.optional(v.string(), ''),
  variant: v.optional(v.string(), ''),
})
export type Platform = v.InferOutput<typeof platform>

const descriptor = v.object({
  mediaType: v.optional(v.string(), 'application/octet-stream'),
  digest,
  size,
  platform: v.optional(platform),
  annotations: v.optional(v.record(v.string(), v.string()), {}),
})
export type Descriptor = v.InferOutput<typeof descriptor>

export const layout = v.object({ imageLayoutVersion: v.literal(layoutMark.imageLayoutVersion) })

export const index = v.object({ manifests: v.pipe(v.array(descriptor), v.maxLength(limits.images)) })

export const manifest = v.object({
  config: descriptor,
  layers: v.pipe(v.array(descriptor), v.maxLength(limits.layers)),
})

export const config = v.object({
  ...platform.entries,
  rootfs: v.object({ diff_ids: v.pipe(v.array(digest), v.maxLength(limits.layers)) }),
})

export const dockerManifests = v.pipe(
  v.array(
    v.object({
      Config: v.string(),
      RepoTags: v.optional(v.nullable(v.array(v.string()))),
      Layers: v.pipe(v.array(v.string()), v.maxLength(limits.layers)),
    }),
  ),
  v.maxLength(limits.images),
)

/** A document by its digest. @throws KinaError `image-invalid` when it is missing or is another one. */
export async function readBlob(
  members: Members,
  { digest: wanted, size: bytesWanted }: Descriptor,
): Promise<Uint8Array> {
  const name = blobName(wanted)
  const bytes = await readSmall(members, name)
  if (bytes.length !== bytesWanted || digestOf(bytes) !== wanted)
    throw invalidImage(members.source, `"${name}" is not what its digest and size say`)
  return bytes
}

/** Digests are checked before they become a path. */
export function blobName(wanted: string): string {
  return `blobs/${wanted.replace(':', '/')}`
}
