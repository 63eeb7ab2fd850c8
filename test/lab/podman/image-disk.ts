/** Images as Apple's service keeps them: unpacked once into an ext4 file, of which every container's root is a clone. */
import { existsSync, symlinkSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { extractLayers } from '../store/layers.ts'
import { snapshotPath } from '../store/snapshots.ts'
import { imageDisks } from './place.ts'
import { run } from './run.ts'

/** A sparse file of the size that a Mac's disk claims to have. */
const diskSize = '64G'

function imageDisk(digest: string): string {
  return join(imageDisks, `${digest.replace('sha256:', '')}.ext4`)
}

/** Makes the disk of an image, unless another lab of this machine has, and gives this lab a link to it. */
export async function unpackImage(root: string, manifest: string): Promise<void> {
  const snapshot = snapshotPath(root, manifest)
  if (existsSync(snapshot)) return
  const disk = imageDisk(manifest)
  if (!existsSync(disk)) await makeDisk(root, manifest, disk)
  symlinkSync(disk, snapshot)
}

async function makeDisk(root: string, manifest: string, disk: string): Promise<void> {
  await mkdir(imageDisks, { recursive: true })
  const draft = `${disk}.${process.pid}.new`
  const mounted = await mkdtemp(join(imageDisks, 'unpack-'))
  try {
    await run('truncate', '--size', diskSize, draft)
    await run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=1,lazy_journal_init=1', draft)
    await run('mount', '-o', 'loop', draft, mounted)
    try {
      extractLayers(root, manifest, mounted)
    } finally {
      await run('umount', mounted)
    }
    await rename(draft, disk)
  } finally {
    await rm(draft, { force: true })
    await rm(mounted, { recursive: true, force: true })
  }
}
