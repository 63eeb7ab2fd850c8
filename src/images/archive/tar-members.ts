import type { OpenFile } from '../../host/host.ts'
import { invalidImage } from '../invalid.ts'
import { limits } from './limits.ts'
import type { Members } from './members.ts'
import { blockSize, isZero, NotTar, parseHeader, parsePax, type TarHeader } from './tar-header.ts'

interface Entry {
  readonly offset: number
  readonly size: number
  /** Where a link leads, as a name of the archive. */
  readonly link?: string
}

const pieceBytes = 1024 * 1024

/**
 * Finds the files of a tar archive without reading them. Nothing is ever unpacked to a disk, and yet what would lead outside is
 * refused: an archive that tries is not to be trusted in anything else.
 * @throws KinaError `image-invalid`.
 */
export async function tarMembers(file: OpenFile, source: string): Promise<Members> {
  const entries = await scan(file, source)

  function find(name: string): Entry | undefined {
    let entry = entries.get(name)
    for (let steps = 0; entry?.link !== undefined; steps++) {
      if (steps === limits.links) throw invalidImage(source, `the link "${name}" leads to too many others`)
      const next = entries.get(entry.link)
      if (!next) throw invalidImage(source, `the link "${name}" leads to nothing in it`)
      entry = next
    }
    return entry
  }

  return {
    source,
    size: (name) => Promise.resolve(find(name)?.size),
    async *read(name, from = 0, length) {
      const entry = find(name)
      if (!entry) throw invalidImage(source, `"${name}" is missing`)
      const end = entry.offset + (length === undefined ? entry.size : Math.min(entry.size, from + length))
      for (let at = entry.offset + from; at < end;) {
        const piece = await file.read(at, Math.min(pieceBytes, end - at))
        if (piece.length === 0) throw invalidImage(source, `it ends within "${name}"`)
        at += piece.length
        yield piece
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}

async function scan(file: OpenFile, source: string): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>()
  let extended: Partial<Pick<TarHeader, 'name' | 'linkName' | 'size'>> = {}
  let at = 0
  try {
    for (let count = 0; ; count++) {
      if (count > limits.entries * 3) throw new NotTar(`it has more than ${limits.entries} entries`)
      const block = await readWhole(file, at, blockSize)
      if (block.length === 0 && entries.size === 0) throw new NotTar('it is empty')
      // Some writers leave the zeros at the end away.
      if (block.length === 0 || isZero(block)) return entries
      const header = parseHeader(block)
      const offset = at + blockSize
      const size = 'xgLK'.includes(header.type) ? header.size : (extended.size ?? header.size)
      if (offset + size > file.size) throw new NotTar(`it ends within "${printable(header.name)}"`)
      at = offset + Math.ceil(size / blockSize) * blockSize
      if ('xgLK'.includes(header.type)) {
        extended = { ...extended, ...(await extension(file, header, offset)) }
        continue
      }
      add(entries, { ...header, ...extended, size }, offset)
      extended = {}
    }
  } catch (error) {
    if (error instanceof NotTar) throw invalidImage(source, error.message)
    throw error
  }
}

/** A read may bring less than was asked for. */
async function readWhole(file: OpenFile, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, file.size - at)))
  for (let done = 0; done < bytes.length;) {
    const piece = await file.read(at + done, bytes.length - done)
    if (piece.length === 0) throw new NotTar('it ends early')
    bytes.set(piece, done)
    done += piece.length
  }
  return bytes
}

/** What the next entry is called, where its own header has no room for it. Global headers name nobody. */
async function extension(file: OpenFile, header: TarHeader, offset: number): Promise<Partial<TarHeader>> {
  if (header.size > limits.headerBytes) throw new NotTar('an extended header is too large')
  const bytes = await readWhole(file, offset, header.size)
  const pax = header.type === 'x' || header.type === 'g' ? parsePax(bytes) : undefined
  if (header.type === 'g') return {}
  if (pax) return pax
  const end = bytes.indexOf(0)
  const name = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
  return header.type === 'L' ? { name } : { linkName: name }
}

function add(entries: Map<string, Entry>, header: TarHeader, offset: number): void {
  const { type, size } = header
  const name = within(header.name)
  if (entries.size >= limits.entries) throw new NotTar(`it has more than ${limits.entries} entries`)
  if (type === '5' || name === '') return
  if (!'012'.includes(type)) throw new NotTar(`"${printable(name)}" is neither a file nor a folder nor a link`)
  if (entries.has(name)) throw new NotTar(`"${printable(name)}" is in it twice`)
  if (type === '0') {
    entries.set(name, { offset, size })
    return
  }
  // A symbolic link is seen from its folder, a hard link from the top.
  const folder = type === '2' ? name.split('/').slice(0, -1) : []
  const link = resolved([...folder, ...header.linkName.split('/')])
  if (header.linkName.startsWith('/') || link === undefined)
    throw new NotTar(`the link "${printable(name)}" leads outside`)
  entries.set(name, { offset, size: 0, link })
}

/** A name without `.` and doubled slashes. @throws NotTar for one that leads outside. */
function within(name: string): string {
  if (new TextEncoder().encode(name).length > limits.nameBytes) throw new NotTar('a name is too long')
  if (name.startsWith('/') || name.split('/').includes('..'))
    throw new NotTar(`the path "${printable(name)}" leads outside`)
  return resolved(name.split('/')) ?? ''
}

/** Undefined when the parts lead above the top. */
function resolved(parts: readonly string[]): string | undefined {
  const found: string[] = []
  for (const part of parts) {
    if (part === '..' && found.pop() === undefined) return undefined
    if (part !== '' && part !== '.' && part !== '..') found.push(part)
  }
  return found.join('/')
}

/** Names of a stranger's archive reach terminals only without what terminals act on. */
function printable(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?').slice(0, 200)
}
