import { constants } from 'node:fs'
import { copyFile, mkdir, open, readdir, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { renameDurably, unlessMissing } from './files.ts'
import type { BlobFiles } from './host.ts'

/** Large enough that a system call costs nothing beside the bytes, small enough to hold several. */
const chunkBytes = 1024 * 1024

/** How a file system says that it cannot clone: macOS, Linux, two disks. */
const cannotClone = ['ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EINVAL', 'ENOSYS', 'ENOTTY']

/** Files of any size, read and written in pieces. */
export const blobFiles: BlobFiles = {
  async stat(path) {
    const found = await unlessMissing(stat(path))
    return (
      found && {
        bytes: found.size,
        // Counted in units of 512, whatever the blocks of the file system.
        bytesOnDisk: found.blocks * 512,
        modified: found.mtime,
        isFile: found.isFile(),
        version: `${found.ino}-${found.mtimeMs}`,
      }
    )
  },

  async *read(path) {
    const file = await open(path, 'r')
    try {
      for (;;) {
        // A buffer of its own each time: who takes a piece may keep it.
        const { buffer, bytesRead } = await file.read(new Uint8Array(chunkBytes), 0, chunkBytes, null)
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  },

  async append(path) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, 'a', 0o600)
    let waiting: Uint8Array[] = []
    let waitingBytes = 0
    const flush = async (): Promise<void> => {
      const pieces = waiting
      waiting = []
      waitingBytes = 0
      for (const piece of pieces) {
        for (let at = 0; at < piece.length;) at += (await file.write(piece, at, piece.length - at)).bytesWritten
      }
    }
    return {
      async write(piece) {
        waiting.push(piece)
        waitingBytes += piece.length
        if (waitingBytes >= chunkBytes) await flush()
      },
      async empty() {
        waiting = []
        waitingBytes = 0
        await file.truncate(0)
      },
      async sync() {
        await flush()
        await file.sync()
      },
      async close() {
        try {
          await flush()
        } finally {
          await file.close()
        }
      },
    }
  },

  moveDurably: renameDurably,

  async clone(from, to) {
    try {
      await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
      return true
    } catch (error) {
      if (cannotClone.includes((error as { code?: string }).code ?? '')) return false
      throw error
    }
  },

  async sync(path) {
    const file = await open(path, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  },

  async touch(path, date) {
    await unlessMissing(utimes(path, date, date))
  },

  async listFiles(folder) {
    const entries = (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? []
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  },
}
