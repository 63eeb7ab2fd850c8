/** Headers of tar archives: ustar, GNU's long names and pax, as docker, podman, containerd and Apple's container write them. */

export const blockSize = 512

export interface TarHeader {
  readonly name: string
  readonly size: number
  /** The type flag: `0` a file, `5` a folder, `2` a symbolic and `1` a hard link, others as POSIX and GNU have them. */
  readonly type: string
  readonly linkName: string
}

/** Thrown for what is no header. */
export class NotTar extends Error {}

const ascii = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8', { fatal: true })

function text(bytes: Uint8Array, what: string): string {
  const end = bytes.indexOf(0)
  try {
    return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end))
  } catch {
    throw new NotTar(`${what} is no UTF-8 text`)
  }
}

export function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0)
}

/** @throws NotTar when checksum, numbers or texts are wrong. */
export function parseHeader(block: Uint8Array): TarHeader {
  if (block.length !== blockSize) throw new NotTar('it ends within a header')
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0)
  if (number(block.subarray(148, 156), 'a checksum') !== sum) throw new NotTar('a checksum of a header is wrong')
  const prefix =
    ascii.decode(block.subarray(257, 262)) === 'ustar' && block[262] === 0
      ? text(block.subarray(345, 500), 'a name')
      : ''
  const name = text(block.subarray(0, 100), 'a name')
  const type = String.fromCharCode(block[156] ?? 0)
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: number(block.subarray(124, 136), 'a size'),
    type: type === '\0' || type === '7' ? '0' : type,
    linkName: text(block.subarray(157, 257), 'the name of a link'),
  }
}

/** Octal digits, or GNU's binary form for what is too large for them. */
function number(field: Uint8Array, what: string): number {
  const [first = 0] = field
  if ((first & 0x80) !== 0) {
    if (first !== 0x80) throw new NotTar(`${what} is negative or too large`)
    const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, 0)
    if (!Number.isSafeInteger(value)) throw new NotTar(`${what} is too large`)
    return value
  }
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(ascii.decode(field)) ?? []
  if (digits === undefined) throw new NotTar(`${what} is no number`)
  return Number.parseInt(digits, 8)
}

/** The records of a pax header (`30 path=...\n`), of which only names, links and sizes count. @throws NotTar. */
export function parsePax(bytes: Uint8Array): Partial<Pick<TarHeader, 'name' | 'linkName' | 'size'>> {
  const found: { name?: string; linkName?: string; size?: number } = {}
  let at = 0
  while (at < bytes.length) {
    const [, digits = ''] = /^(\d{1,7}) /.exec(ascii.decode(bytes.subarray(at, at + 8))) ?? []
    const length = Number(digits)
    const record = bytes.subarray(at + digits.length + 1, at + length - 1)
    if (digits === '' || length <= digits.length + 1 || at + length > bytes.length || bytes[at + length - 1] !== 0x0a)
      throw new NotTar('an extended header is broken')
    at += length
    const equals = record.indexOf(0x3d)
    if (equals < 0) throw new NotTar('an extended header is broken')
    const key = ascii.decode(record.subarray(0, equals))
    const value = record.subarray(equals + 1)
    if (key.startsWith('GNU.sparse')) throw new NotTar('it holds a sparse file')
    if (key === 'path') found.name = whole(value)
    if (key === 'linkpath') found.linkName = whole(value)
    if (key === 'size') {
      const size = /^\d{1,16}$/.test(ascii.decode(value)) ? Number(ascii.decode(value)) : Number.NaN
      if (!Number.isSafeInteger(size)) throw new NotTar('a size is no number')
      found.size = size
    }
  }
  return found
}

function whole(value: Uint8Array): string {
  if (value.includes(0)) throw new NotTar('a name holds a NUL')
  return text(value, 'a name')
}
