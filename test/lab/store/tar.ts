/** Small tar archives (ustar), made in memory. */
import { Buffer } from 'node:buffer'

export interface TarEntry {
  readonly name: string
  readonly content?: string | Uint8Array
  /** File unless told: `5` a folder, `2` a symbolic link, `1` a hard link. */
  readonly type?: string
  readonly linkName?: string
  readonly mode?: number
}

const block = 512

export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(partsOf), Buffer.alloc(2 * block)])
}

function partsOf({ name, content = '', type = '0', linkName = '', mode = 0o644 }: TarEntry): readonly Buffer[] {
  const bytes = Buffer.from(content as string)
  const header = Buffer.alloc(block)
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`
  header.write(name, 0, 100)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(bytes.length, 12), 124)
  header.write(octal(0, 12), 136)
  header.write(' '.repeat(8), 148)
  header.write(type, 156)
  header.write(linkName, 157, 100)
  header.write('ustar\u000000', 257)
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  )
  return [header, bytes, Buffer.alloc((block - (bytes.length % block)) % block)]
}
