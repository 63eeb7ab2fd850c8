import type { Host, OpenFile, Scratch } from '../../host/host.ts'
import type { OpenImages } from '../image.ts'
import { invalidImage } from '../invalid.ts'
import { compressionIn, foreignCompression } from './compression.ts'
import { readDockerArchive } from './docker-archive.ts'
import { folderMembers } from './folder-members.ts'
import type { Members } from './members.ts'
import { readOciLayout } from './oci-layout.ts'
import { tarMembers } from './tar-members.ts'
import { unpacked } from './unpack.ts'

type Needs = Pick<Host, 'files' | 'openFile' | 'scratch' | 'stdinBytes'>

/**
 * Opens what images were saved in: an archive of docker's or OCI's, packed with gzip or zstd or not, `-` for stdin, or a folder
 * with an OCI layout. Manifests are read and checked; layers only when they are asked for. What is packed or comes from stdin is
 * laid down once in a temporary folder, because its manifest may come last.
 * @throws KinaError `image-invalid`, `image-unavailable`.
 */
export async function openArchive(host: Needs, path: string, platform: string): Promise<OpenImages> {
  await using stack = disposables()
  const members = await openMembers(host, path, stack.use)
  const isOci = (await members.size('oci-layout')) !== undefined
  if (!isOci && (await members.size('manifest.json')) === undefined)
    throw invalidImage(members.source, 'it has neither oci-layout nor manifest.json')
  const images = await (isOci ? readOciLayout : readDockerArchive)(members, platform)
  const release = stack.keep()
  return { images, [Symbol.asyncDispose]: release }
}

async function openMembers(host: Needs, path: string, use: (its: AsyncDisposable) => void): Promise<Members> {
  const source = path === '-' ? 'stdin' : path
  const kind = path === '-' ? 'stdin' : await host.files.kindOf(path)
  if (kind === undefined) throw invalidImage(source, 'there is no such file')
  if (kind === 'folder') return await folderMembers(host, path)
  let file: OpenFile
  if (kind === 'file') {
    file = await host.openFile(path)
  } else {
    const scratch = await scratchFor(host, use)
    file = await host.openFile(await scratch.write('archive', host.stdinBytes(kind === 'stdin' ? undefined : path)))
  }
  const head = await file.read(0, 8)
  const foreign = foreignCompression(head)
  if (foreign !== undefined) {
    await file.close()
    throw invalidImage(source, `it is packed with ${foreign}, and only gzip and zstd are read`)
  }
  const compression = compressionIn(head)
  if (compression !== undefined) {
    const packed = file
    const scratch = await scratchFor(host, use)
    try {
      file = await host.openFile(await scratch.write('unpacked', unpacked(piecesOf(packed), compression, source)))
    } finally {
      await packed.close()
    }
  }
  try {
    const members = await tarMembers(file, source)
    use(members)
    return members
  } catch (error) {
    await file.close()
    throw error
  }
}

async function scratchFor(host: Needs, use: (its: AsyncDisposable) => void): Promise<Scratch> {
  const scratch = await host.scratch()
  use(scratch)
  return scratch
}

async function* piecesOf(file: OpenFile): AsyncIterable<Uint8Array> {
  for (let at = 0; at < file.size;) {
    const piece = await file.read(at, Math.min(1024 * 1024, file.size - at))
    if (piece.length === 0) return
    at += piece.length
    yield piece
  }
}

/** What has been opened so far is closed when the opening fails, and by the caller when it does not. */
function disposables(): AsyncDisposable & { use(its: AsyncDisposable): void; keep(): () => Promise<void> } {
  let held: AsyncDisposable[] = []
  const release = (all: readonly AsyncDisposable[]) => async (): Promise<void> => {
    for (const its of all.toReversed()) await its[Symbol.asyncDispose]()
  }
  return {
    use: (its) => void held.push(its),
    keep() {
      const kept = held
      held = []
      return release(kept)
    },
    [Symbol.asyncDispose]: () => release(held)(),
  }
}
