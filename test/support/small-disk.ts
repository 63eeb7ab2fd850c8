import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A file system of its own: Linux, and root, as the whole lab. */
export interface SmallDisk {
  readonly path: string
  makeReadOnly(): Promise<void>
  remove(): Promise<void>
}

/** @param path folder to be made. */
export async function mountSmallDisk(path: string, bytes: number): Promise<SmallDisk> {
  await mkdir(path, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'kina-test', path])
  return {
    path,
    makeReadOnly: async () => void (await run('mount', ['-o', 'remount,ro', path])),
    remove: async () => void (await run('umount', ['--lazy', path])),
  }
}
