/** Puts an image into the store of a lab, as if it had been pulled: `bun test/lab/seed.ts REF...` with LAB_ROOT. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fullReference, hostArchitecture, imageRecord } from './images.ts'
import { labFiles, writeImage } from './state.ts'

export function seedImage(root: string, reference: string): void {
  mkdirSync(join(root, 'images'), { recursive: true })
  writeImage({ root, serviceLock: '', guests: '' }, imageRecord(fullReference(reference), hostArchitecture()))
}

if (import.meta.main) for (const reference of process.argv.slice(2)) seedImage(labFiles().root, reference)
