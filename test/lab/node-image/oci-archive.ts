/** Writes OCI image layouts as archives, their layers packed as published images have them. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { $ } from 'zx'

const quiet = $({ quiet: true, stdio: ['ignore', 'pipe', 'pipe'] })

export interface Image {
  /** Full reference. */
  readonly reference: string
  /** Folders, one a layer, the lowest first. A folder that several images have is one layer in all of them. */
  readonly layers: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly environment?: readonly string[]
  readonly stopSignal?: string
  readonly user?: string
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const types = {
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const

export async function writeOciArchive(path: string, images: readonly Image[]): Promise<void> {
  const layout = await mkdtemp(join(tmpdir(), 'kina-lab-oci-'))
  try {
    await mkdir(join(layout, 'blobs/sha256'), { recursive: true })
    const manifests = []
    const written = new Map<string, Layer>()
    for (const image of images) {
      for (const folder of image.layers) {
        if (!written.has(folder)) written.set(folder, await writeLayer(layout, folder))
      }
      manifests.push({
        ...(await writeImage(layout, image, written)),
        platform: { architecture: architecture(), os: 'linux' },
        annotations: {
          'io.containerd.image.name': image.reference,
          'org.opencontainers.image.ref.name': image.reference,
        },
      })
    }
    await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: types.index, manifests }))
    await quiet`tar -C ${layout} -cf ${path} oci-layout index.json blobs`
  } finally {
    await rm(layout, { recursive: true, force: true })
  }
}

function architecture(): string {
  return process.arch === 'arm64' ? 'arm64' : 'amd64'
}

interface Layer {
  readonly descriptor: Descriptor
  readonly diffId: string
}

async function writeImage(layout: string, image: Image, written: ReadonlyMap<string, Layer>): Promise<Descriptor> {
  const layers = image.layers.map((folder) => written.get(folder)).filter((layer) => layer !== undefined)
  const config = await writeBlob(layout, types.config, {
    architecture: architecture(),
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...(image.environment ?? [])],
      ...(image.entrypoint ? { Entrypoint: image.entrypoint } : {}),
      ...(image.command ? { Cmd: image.command } : {}),
      ...(image.stopSignal ? { StopSignal: image.stopSignal } : {}),
      ...(image.user ? { User: image.user } : {}),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  })
  return await writeBlob(layout, types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
  })
}

/** The same folder gives the same bytes: names sorted, times and owners fixed. */
async function writeLayer(layout: string, root: string): Promise<Layer> {
  const tar = join(layout, 'layer.tar')
  await quiet`tar -C ${root} --sort=name --mtime=@0 --numeric-owner --xattrs -cf ${tar} .`
  const diffId = await digestOfFile(tar)
  await quiet`pigz -n -1 ${tar}`.catch(() => quiet`gzip -n -1 ${tar}`)
  const packed = `${tar}.gz`
  const digest = await digestOfFile(packed)
  const { size } = await stat(packed)
  await rename(packed, blobPath(layout, digest))
  return { descriptor: { mediaType: types.layer, digest, size }, diffId }
}

async function writeBlob(layout: string, mediaType: string, value: object): Promise<Descriptor> {
  const text = JSON.stringify(value)
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  await writeFile(blobPath(layout, digest), text)
  return { mediaType, digest, size: text.length }
}

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs/sha256', digest.replace('sha256:', ''))
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return `sha256:${hash.digest('hex')}`
}
