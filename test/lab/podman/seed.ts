/** Puts the images of an OCI archive into the store of a lab with real guests, without copies: `bun test/lab/podman/seed.ts ARCHIVE` with LAB_ROOT. */
import { existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { labFiles } from '../state.ts'
import { blobsFolder, hasBlob, type Index } from '../store/content.ts'
import { importImage } from '../store/import.ts'
import { variantFor, withImages, writeImage } from '../store/images.ts'
import { hostPlatform } from '../store/platform.ts'
import { unpackImage } from './image-disk.ts'
import { layouts } from './place.ts'
import { run } from './run.ts'

/** @returns the reference of the first image. */
export async function seedArchive(root: string, archive: string): Promise<string> {
  const layout = await extracted(archive)
  const blobs = join(layout, 'blobs/sha256')
  mkdirSync(blobsFolder(root), { recursive: true })
  for (const name of readdirSync(blobs)) {
    // One file for all labs of the machine: nobody writes to a blob.
    if (!hasBlob(root, `sha256:${name}`)) linkSync(join(blobs, name), join(blobsFolder(root), name))
  }
  const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index
  const references: string[] = []
  for (const descriptor of manifests) {
    const reference = descriptor.annotations?.['io.containerd.image.name']
    if (reference === undefined) throw new Error(`${archive} has an image without a name`)
    const index = await importImage(
      root,
      descriptor,
      () => true,
      () => Promise.resolve(),
    )
    const image = { reference, descriptor: index }
    await withImages(root, () => writeImage(root, image))
    const variant = variantFor(root, image, hostPlatform())
    if (variant) await unpackImage(root, variant.digest)
    references.push(reference)
  }
  const [first] = references
  if (first === undefined) throw new Error(`${archive} has no image`)
  return first
}

/** The archive as a folder, on the disk of the labs; made once. */
async function extracted(archive: string): Promise<string> {
  // The folder of a cached archive is named for its content.
  const folder = join(layouts, basename(dirname(archive)))
  if (existsSync(folder)) return folder
  await mkdir(layouts, { recursive: true })
  const draft = await mkdtemp(join(layouts, 'extract-'))
  try {
    await run('tar', '-C', draft, '-xf', archive)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

if (import.meta.main) console.log(await seedArchive(labFiles().root, process.argv[2] ?? ''))
