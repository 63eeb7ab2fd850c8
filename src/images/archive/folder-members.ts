import type { Host } from '../../host/host.ts'
import { invalidImage } from '../invalid.ts'
import type { Members } from './members.ts'

const pieceBytes = 1024 * 1024

/** The files of a folder, none of which may lead out of it. */
export async function folderMembers(host: Pick<Host, 'files' | 'openFile'>, folder: string): Promise<Members> {
  const top = await host.files.realPath(folder)

  async function inside(name: string): Promise<string | undefined> {
    const path = `${top}/${name}`
    if ((await host.files.kindOf(path)) !== 'file') return undefined
    const real = await host.files.realPath(path)
    if (!real.startsWith(`${top}/`)) throw invalidImage(folder, `"${name}" leads outside`)
    return real
  }

  return {
    source: folder,
    async size(name) {
      const path = await inside(name)
      if (path === undefined) return undefined
      const file = await host.openFile(path)
      await file.close()
      return file.size
    },
    async *read(name, from = 0, length) {
      const path = await inside(name)
      if (path === undefined) throw invalidImage(folder, `"${name}" is missing`)
      const file = await host.openFile(path)
      try {
        const end = length === undefined ? file.size : Math.min(file.size, from + length)
        for (let at = from; at < end;) {
          const piece = await file.read(at, Math.min(pieceBytes, end - at))
          if (piece.length === 0) throw invalidImage(folder, `"${name}" has become shorter`)
          at += piece.length
          yield piece
        }
      } finally {
        await file.close()
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
