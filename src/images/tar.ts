/** The little of the tar format (POSIX ustar) that a layout needs: regular files with short names. Reading archives is another matter. */

const block = 512

/** Header of a file. @param name at most 100 bytes of ASCII. @param bytes of its content. */
export function tarHeader(name: string, bytes: number): Uint8Array {
  const header = new Uint8Array(block)
  const put = (text: string, at: number): void => header.set(new TextEncoder().encode(text), at)
  put(name, 0)
  put('0000644\0', 100)
  put('0000000\0', 108)
  put('0000000\0', 116)
  // Eleven octal digits end at 8 GiB; more is written in base 256, as GNU, BSD and Go read it.
  if (bytes < 8 ** 11) put(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  else
    header.set([0x80, 0, 0, 0, ...Array.from({ length: 8 }, (_, at) => Math.floor(bytes / 256 ** (7 - at)) % 256)], 124)
  put('00000000000\0', 136)
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\u000000', 257)
  const sum = header.reduce((all, byte) => all + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** What follows a content of so many bytes. */
export function tarPadding(bytes: number): Uint8Array {
  return new Uint8Array((block - (bytes % block)) % block)
}

/** What ends an archive. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * block)
}
