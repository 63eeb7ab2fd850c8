import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, link, lstat, mkdir, open, readFile, readdir, realpath, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Files } from './host.ts'

/** Undefined where the path does not exist; every other failure is thrown. */
async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
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

async function writeAndSync(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, 'wx', mode)
  await file.writeFile(text)
  await file.sync()
}

async function writeAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    await writeAndSync(temporary, text, mode)
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
  // The rename itself is on disk only when the folder is.
  await using handle = await open(folder, 'r')
  await handle.sync()
}

async function whyNotWritable(path: string): Promise<string | undefined> {
  const found = await unlessMissing(lstat(path))
  if (found?.isDirectory()) return 'it is a folder'
  try {
    if (found) await access(path, constants.W_OK)
    let folder = dirname(path)
    while ((await unlessMissing(lstat(folder))) === undefined) folder = dirname(folder)
    if (!(await lstat(await realpath(folder))).isDirectory()) return `${folder} is not a folder`
    await access(folder, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
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
  createExclusively: (path, text, mode = 0o600) => unlessThere(writeAndSync(path, text, mode)),
  link: (from, to) => unlessThere(link(from, to)),
  rename: async (from, to) => (await unlessMissing(rename(from, to).then(() => true))) ?? false,
  remove: async (path) => (await unlessMissing(unlink(path).then(() => true))) ?? false,
  makeFolder: async (path, mode = 0o700) => {
    await mkdir(path, { recursive: true, mode })
  },
  kindOf: async (path) => {
    const found = await unlessMissing(realpath(path).then(lstat))
    if (!found) return undefined
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  },
  list: async (folder) => (await unlessMissing(readdir(folder))) ?? [],
  whyNotWritable,
  realPath: async (path) => (await unlessMissing(realpath(path))) ?? path,
  readStdin,
}
