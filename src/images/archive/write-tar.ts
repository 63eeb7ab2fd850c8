/** The little of the tar format (POSIX ustar) that layouts which kina writes need: regular files with short names. */
import { blockSize } from './tar-header.ts'

/** The header of a file in an archive that kina writes. Names are short and ASCII. */
export function fileHeader(name: string, size: number): Uint8Array {
  const block = new Uint8Array(blockSize)
  const put = (value: string, at: number): void => block.set(new TextEncoder().encode(value), at)
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`
  put(name, 0)
  put(octal(0o644, 8), 100)
  put(octal(0, 8), 108)
  put(octal(0, 8), 116)
  // Eleven octal digits hold 8 GiB; beyond that GNU's binary form, which Go reads.
  if (size < 8 ** 11) put(octal(size, 12), 124)
  else {
    block[124] = 0x80
    for (let at = 135, rest = size; at > 124 && rest > 0; at--, rest = Math.floor(rest / 256)) block[at] = rest % 256
  }
  put(octal(0, 12), 136)
  put('        ', 148)
  put('0', 156)
  put('ustar\0', 257)
  put('00', 263)
  put(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  )
  return block
}

/** Zeros behind a file of this size, up to the next block. */
export function padding(size: number): Uint8Array {
  return new Uint8Array((blockSize - (size % blockSize)) % blockSize)
}

/** What ends an archive. */
export const archiveEnd = new Uint8Array(2 * blockSize)
