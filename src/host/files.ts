import { constants } from 'node:fs'
import {
  access,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  readdir,
  readlink,
  realpath,
  rename,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { randomHex } from './clock.ts'
import type { Files } from './host.ts'

/** Undefined where the path does not exist; every other failure is thrown. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw error
  }
}

async function unlessThere(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? ''
}

/** Creates the file with exactly this mode, whatever the umask; nothing is left of it when that fails half-way. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.chmod(mode)
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await unlink(path).catch(() => undefined)
    throw error
  } finally {
    await file.close()
  }
}

async function writeAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomHex(6)}`)
  await writeNew(temporary, text, mode)
  try {
    await renameDurably(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
}

/** The rename itself is on disk only when the folder is. File systems that cannot sync one (EINVAL) have done what they can. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  const handle = await open(dirname(to), 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error
  } finally {
    await handle.close()
  }
}

async function whyNotWritable(path: string): Promise<string | undefined> {
  const found = await unlessMissing(lstat(path))
  if (found?.isDirectory()) return 'it is a folder'
  try {
    if (found) await access(path, constants.W_OK)
    let folder = dirname(path)
    while ((await unlessMissing(lstat(folder))) === undefined) folder = dirname(folder)
    if (!(await stat(folder)).isDirectory()) return `${folder} is not a folder`
    // Root may write everywhere, say the permissions; the file system has the last word.
    const probe = join(folder, `.kina-probe-${randomHex(6)}`)
    await writeNew(probe, '', 0o600)
    await unlink(probe)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A link whose target is missing counts too: the file is to be created behind it, not in its place. */
async function realPath(path: string): Promise<string> {
  const real = await unlessMissing(realpath(path))
  if (real !== undefined) return real
  const target = await unlessMissing(readlink(path))
  return target === undefined ? path : await realPath(resolve(dirname(path), target))
}

async function readStdin(): Promise<string> {
  const { default: process } = await import('node:process')
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array)
  const { Buffer } = await import('node:buffer')
  return Buffer.concat(chunks).toString('utf8')
}

export const files: Files = {
  read: (path) => unlessMissing(readFile(path, 'utf8')),
  writeAtomically,
  createExclusively: (path, text, mode = 0o600) => unlessThere(writeNew(path, text, mode)),
  link: (from, to) => unlessThere(link(from, to)),
  rename: async (from, to) => (await unlessMissing(rename(from, to).then(() => true))) ?? false,
  remove: async (path) => (await unlessMissing(unlink(path).then(() => true))) ?? false,
  makeFolder: async (path, mode = 0o700) => {
    await mkdir(path, { recursive: true, mode })
  },
  kindOf: async (path) => {
    const found = await unlessMissing(stat(path))
    if (!found) return undefined
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  },
  list: async (folder) => (await unlessMissing(readdir(folder))) ?? [],
  freeBytes: async (path) => {
    const found = await unlessMissing(statfs(path))
    return found && found.bavail * found.bsize
  },
  whyNotWritable,
  realPath,
  readStdin,
}
