/** Puts the image of an OCI archive into the store of a lab with real guests: `bun test/lab/podman/seed.ts ARCHIVE` with LAB_ROOT. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { hostArchitecture } from '../images.ts'
import { labFiles, writeImage } from '../state.ts'
import { readArchive, unpackImage } from './image-disk.ts'

/** @returns the image's reference. */
export async function seedArchive(root: string, archive: string): Promise<string> {
  const { reference, digest } = await readArchive(archive)
  await unpackImage(archive, digest)
  mkdirSync(join(root, 'images'), { recursive: true })
  writeImage({ root, serviceLock: '', guests: '' }, { reference, digest, architecture: hostArchitecture() })
  return reference
}

if (import.meta.main) console.log(await seedArchive(labFiles().root, process.argv[2] ?? ''))
