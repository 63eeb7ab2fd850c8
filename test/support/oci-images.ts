/** Images made in memory, and the forms in which they travel. */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { tarOf, type TarEntry } from '../lab/store/tar.ts'

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
  readonly annotations?: Readonly<Record<string, string>>
}

/** One image with its content; several images may share blobs. */
export interface TestImage {
  readonly reference: string
  /** Of an index where it has several platforms, else of the manifest. */
  readonly descriptor: Descriptor
  readonly blobs: ReadonlyMap<string, Buffer>
  readonly platforms: readonly {
    readonly platform: { readonly os: string; readonly architecture: string }
    readonly manifest: string
    readonly config: string
    readonly layers: readonly string[]
    readonly diffIds: readonly string[]
  }[]
}

const oci = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  plainLayer: 'application/vnd.oci.image.layer.v1.tar',
} as const

export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export interface ImageRecipe {
  readonly reference: string
  /** Files of each layer, the lowest first: name to content. */
  readonly layers: readonly Readonly<Record<string, string | Uint8Array>>[]
  /** `linux/amd64`; several make an index. Each has a layer of its own on top, with its name in `etc/platform`. */
  readonly platforms?: readonly string[]
  readonly isIndex?: boolean
  readonly isPlain?: boolean
  readonly config?: Readonly<Record<string, unknown>>
}

export function hostPlatform(): string {
  return `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`
}

export function makeImage(recipe: ImageRecipe): TestImage {
  const { reference, layers, platforms = [hostPlatform()], isPlain = false, config = {} } = recipe
  const isIndex = recipe.isIndex ?? platforms.length > 1
  const blobs = new Map<string, Buffer>()
  const blob = (mediaType: string, bytes: Buffer | string): Descriptor => {
    const content = Buffer.from(bytes as string)
    const digest = sha256(content)
    blobs.set(digest, content)
    return { mediaType, digest, size: content.length }
  }
  const parts = platforms.map((text) => {
    const [os = '', architecture = '', variant] = text.split('/')
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) }
    const own = platforms.length > 1 ? [...layers, { 'etc/platform': text }] : layers
    const tars = own.map((files) =>
      tarOf(Object.entries(files).map(([name, content]): TarEntry => ({ name, content, mode: 0o755 }))),
    )
    const packed = tars.map((tar) => (isPlain ? blob(oci.plainLayer, tar) : blob(oci.layer, gzipSync(tar))))
    const diffIds = tars.map(sha256)
    const configBlob = blob(
      oci.config,
      JSON.stringify({
        ...platform,
        created: '2026-01-01T00:00:00Z',
        config: { Cmd: ['/bin/true'], ...config },
        rootfs: { type: 'layers', diff_ids: diffIds },
      }),
    )
    const manifest = blob(
      oci.manifest,
      JSON.stringify({ schemaVersion: 2, mediaType: oci.manifest, config: configBlob, layers: packed }),
    )
    return {
      platform,
      descriptor: manifest,
      manifest: manifest.digest,
      config: configBlob.digest,
      layers: packed.map(({ digest }) => digest),
      diffIds,
    }
  })
  const [first] = parts
  const index = (): Descriptor =>
    blob(
      oci.index,
      JSON.stringify({
        schemaVersion: 2,
        mediaType: oci.index,
        manifests: parts.map(({ descriptor, platform }) => ({ ...descriptor, platform })),
      }),
    )
  const descriptor = isIndex || !first ? index() : first.descriptor
  return { reference, descriptor, blobs, platforms: parts }
}

/** An OCI layout in an archive. @param without blobs that are left out. */
export function ociArchive(images: readonly TestImage[], without: readonly string[] = []): Buffer {
  const blobs = new Map(images.flatMap((image) => [...image.blobs]))
  return tarOf([
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    {
      name: 'index.json',
      content: JSON.stringify({
        schemaVersion: 2,
        manifests: images.map(({ descriptor, reference }) => ({
          ...descriptor,
          annotations: { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': reference },
        })),
      }),
    },
    ...[...blobs]
      .filter(([digest]) => !without.includes(digest))
      .map(([digest, content]) => ({ name: `blobs/${digest.replace(':', '/')}`, content })),
  ])
}

/** As `docker save` wrote before release 25: layers as they are, or packed where the image has them so. */
export function dockerArchive(images: readonly TestImage[]): Buffer {
  const files = new Map<string, Buffer>()
  const manifests = images.map(({ reference, blobs, platforms: [part] }) => {
    const hex = (digest: string): string => digest.replace('sha256:', '')
    const config = `${hex(part?.config ?? '')}.json`
    files.set(config, blobs.get(part?.config ?? '') ?? Buffer.alloc(0))
    const layers = (part?.layers ?? []).map((digest) => {
      const path = `${hex(digest)}/layer.tar`
      files.set(path, blobs.get(digest) ?? Buffer.alloc(0))
      return path
    })
    return { Config: config, RepoTags: [reference], Layers: layers }
  })
  return tarOf([
    ...[...files].map(([name, content]) => ({ name, content })),
    { name: 'manifest.json', content: JSON.stringify(manifests) },
  ])
}

/** An OCI layout in a folder. */
export async function writeLayout(folder: string, images: readonly TestImage[]): Promise<void> {
  const { mkdir, writeFile } = await import('node:fs/promises')
  const { execFileSync } = await import('node:child_process')
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}.tar`, ociArchive(images))
  execFileSync('tar', ['-C', folder, '-xf', `${folder}.tar`])
}
