/** Puts a node image into the store of a lab, as if it had been pulled: `bun test/lab/seed.ts REF...` with LAB_ROOT. */
import process from 'node:process'
import { labFiles } from './state.ts'
import { seedNodeImage } from './store/node-image.ts'

export async function seedImage(root: string, reference: string): Promise<void> {
  await seedNodeImage(root, reference)
}

if (import.meta.main) for (const reference of process.argv.slice(2)) await seedImage(labFiles().root, reference)
