/** Blobs by digest in `content/blobs/sha256`, as the service keeps them. What is there is whole: it is checked while it is written. */
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../failure.ts'
import type { Platform } from './platform.ts'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: Platform
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Index {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly manifests: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

export interface ImageConfig extends Platform {
  readonly created?: string
  readonly config?: {
    readonly Entrypoint?: readonly string[]
    readonly Cmd?: readonly string[]
    readonly Env?: readonly string[]
    readonly User?: string
    readonly WorkingDir?: string
    readonly StopSignal?: string
    readonly Labels?: Readonly<Record<string, string>>
  }
  readonly history?: readonly unknown[]
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] }
}

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

export function isIndex({ mediaType }: Descriptor): boolean {
  return [mediaTypes.index, 'application/vnd.docker.distribution.manifest.list.v2+json'].includes(mediaType)
}

export function isManifest({ mediaType }: Descriptor): boolean {
  return [mediaTypes.manifest, 'application/vnd.docker.distribution.manifest.v2+json'].includes(mediaType)
}

export function blobsFolder(root: string): string {
  return join(root, 'content/blobs/sha256')
}

/** Where a blob is, whether it is there or not. @throws Failure for a digest that is none. */
export function blobPath(root: string, digest: string): string {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? []
  if (hex === undefined) throw new Failure(`invalid digest ${digest}`)
  return join(blobsFolder(root), hex)
}

export function hasBlob(root: string, digest: string): boolean {
  return existsSync(blobPath(root, digest))
}

export function digestOf(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return `sha256:${hash.digest('hex')}`
}

/** @throws Failure when it is not there. */
export function readBlob<T>(root: string, { digest }: { readonly digest: string }): T {
  if (!hasBlob(root, digest)) throw new Failure(`content with digest ${digest}`)
  return JSON.parse(readFileSync(blobPath(root, digest), 'utf8')) as T
}

/** @param under another name than its own digest: only for images that are seeded under a published digest. */
export function writeBlob(root: string, bytes: string | Uint8Array, under = digestOf(bytes)): string {
  mkdirSync(blobsFolder(root), { recursive: true })
  if (!hasBlob(root, under)) {
    const draft = join(blobsFolder(root), `.${process.pid}.${crypto.randomUUID()}`)
    writeFileSync(draft, bytes)
    renameSync(draft, blobPath(root, under))
  }
  return under
}

/** Takes a file in, by its content. @throws Failure when that has another digest than was said. */
export async function takeBlob(root: string, path: string, digest: string): Promise<void> {
  if (hasBlob(root, digest)) return
  const found = await digestOfFile(path)
  if (found !== digest) throw new Failure(`internalError: "digest mismatch expected ${digest}, got ${found}"`)
  mkdirSync(blobsFolder(root), { recursive: true })
  const draft = join(blobsFolder(root), `.${process.pid}.${crypto.randomUUID()}`)
  await copyFile(path, draft)
  renameSync(draft, blobPath(root, digest))
}

/** Removes every blob that is not among these. @returns bytes that were freed. */
export function keepOnly(root: string, digests: ReadonlySet<string>): number {
  let freed = 0
  for (const file of existsSync(blobsFolder(root)) ? readdirSync(blobsFolder(root)) : []) {
    if (digests.has(`sha256:${file}`)) continue
    const path = join(blobsFolder(root), file)
    freed += statSync(path).size
    rmSync(path)
  }
  return freed
}
