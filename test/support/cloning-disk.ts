import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A file system of its own on which files can be cloned, as on a Mac's: Linux and root, and xfsprogs, which is installed where it is missing. */
export interface CloningDisk {
  readonly path: string
  remove(): Promise<void>
}

/** @param path folder to be made; a sparse file lies beside it. */
export async function mountCloningDisk(path: string): Promise<CloningDisk> {
  const file = `${path}.xfs`
  await mkdir(path, { recursive: true })
  // As `scripts/lab up` does; who runs these tests is root.
  if (!existsSync('/usr/sbin/mkfs.xfs')) {
    await run('apt-get', ['update'])
    await run('apt-get', ['install', '--yes', '--no-install-recommends', 'xfsprogs'])
  }
  await run('truncate', ['--size', '8G', file])
  await run('mkfs.xfs', ['-q', '-m', 'reflink=1', file])
  await run('mount', ['-o', 'loop', file, path])
  return {
    path,
    async remove() {
      await run('umount', ['--lazy', path])
      await rm(file)
    },
  }
}
