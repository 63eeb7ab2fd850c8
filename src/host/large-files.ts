/** Files that are too large for a text: read in pieces from anywhere, or laid down in a temporary folder. */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host, OpenFile, Scratch } from './host.ts'

export async function openFile(path: string): Promise<OpenFile> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return {
    size,
    async read(position, length) {
      const bytes = new Uint8Array(length)
      const { bytesRead } = await file.read(bytes, 0, length, position)
      return bytes.subarray(0, bytesRead)
    },
    close: () => file.close(),
  }
}

export async function scratch(env: Host['env']): Promise<Scratch> {
  const folder = await mkdtemp(join(env['TMPDIR'] || tmpdir(), 'kina-'))
  return {
    folder,
    async write(name, pieces) {
      const path = join(folder, name)
      const file = await open(path, 'wx', 0o600)
      try {
        for await (const piece of pieces) {
          for (let at = 0; at < piece.length;) at += (await file.write(piece, at)).bytesWritten
        }
      } finally {
        await file.close()
      }
      return path
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** @param path of a pipe or device; stdin where it is not given. */
export async function* stdinBytes(path?: string): AsyncIterable<Uint8Array> {
  if (path === undefined) {
    const { default: process } = await import('node:process')
    for await (const piece of process.stdin) yield piece as Uint8Array
    return
  }
  const file = await open(path, 'r')
  try {
    for (;;) {
      const bytes = new Uint8Array(1024 * 1024)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, null)
      if (bytesRead === 0) return
      yield bytes.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
