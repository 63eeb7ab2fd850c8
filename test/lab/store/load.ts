/** `image load`: every image of an archive with an OCI layout, with all its platforms. */
import { execFileSync } from 'node:child_process'
import { Buffer } from 'node:buffer'
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { Failure } from '../failure.ts'
import { takeBlob, type Index } from './content.ts'
import { nameAnnotation, withImages, writeImage, type StoredImage } from './images.ts'
import { importImage } from './import.ts'

interface Loaded {
  readonly images: readonly StoredImage[]
  /** Members that were left out, with `--force`. */
  readonly rejected: readonly string[]
}

/** @param isForced goes on without members whose path leads outside. @throws Failure for what cannot be loaded. */
export async function loadImages(root: string, given: string, isForced: boolean): Promise<Loaded> {
  const folder = mkdtempSync(join(root, 'load-'))
  const plain = `${folder}.tar`
  try {
    const archive = await unpacked(given, plain)
    const rejected = members(archive).filter((name) => name.startsWith('/') || name.split('/').includes('..'))
    if (rejected.length > 0 && !isForced)
      throw new Failure(`cannot load tar image with rejected paths: ["${rejected.join('", "')}"]`)
    execFileSync('tar', ['-C', folder, '-xf', archive, ...rejected.map((name) => `--exclude=${name}`)], {
      stdio: ['ignore', 'ignore', 'ignore'],
    })
    const layout = join(folder, 'oci-layout')
    if (!existsSync(layout)) throw new Failure(`notFound: "${layout}"`)
    const { manifests } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Index
    const images: StoredImage[] = []
    for (const descriptor of manifests) {
      const { annotations } = descriptor
      const reference =
        annotations?.[nameAnnotation] ??
        annotations?.['io.containerd.image.name'] ??
        annotations?.['org.opencontainers.image.ref.name'] ??
        `untagged@${descriptor.digest}`
      const index = await importImage(
        root,
        descriptor,
        () => true,
        async ({ digest }) => {
          const path = join(folder, 'blobs', digest.replace(':', '/'))
          if (!existsSync(path)) throw new Failure(`missingContent("${digest}")`)
          await takeBlob(root, path, digest)
        },
      )
      images.push({ reference, descriptor: index })
    }
    if (images.length === 0) throw new Failure('failed to import image')
    await withImages(root, () => images.forEach((image) => writeImage(root, image)))
    return { images, rejected }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    rmSync(plain, { force: true })
  }
}

/** zstd is unpacked here, the rest by tar: the program that tar would ask may be missing. */
async function unpacked(archive: string, plain: string): Promise<string> {
  const file = await open(archive)
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
  await file.close()
  if (buffer.readUInt32LE() !== 0xfd2fb528) return archive
  await pipeline(createReadStream(archive), createZstdDecompress(), createWriteStream(plain))
  return plain
}

function members(archive: string): readonly string[] {
  try {
    return execFileSync('tar', ['-tf', archive], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter(Boolean)
  } catch {
    throw new Failure(`failed to read archive ${archive}`)
  }
}
