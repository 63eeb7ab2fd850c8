export type Compression = 'gzip' | 'zstd'

/** How the bytes are packed, told by their beginning; undefined when they are not. */
export async function compressionOf(pieces: AsyncIterable<Uint8Array>): Promise<Compression | undefined> {
  const head: number[] = []
  for await (const piece of pieces) {
    head.push(...piece.subarray(0, 8 - head.length))
    if (head.length >= 4) break
  }
  return compressionIn(head)
}

export function compressionIn(head: ArrayLike<number>): Compression | undefined {
  const starts = (...bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte)
  if (starts(0x1f, 0x8b)) return 'gzip'
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd'
  return undefined
}

/** The name of a packing that kina does not read, for the refusal. */
export function foreignCompression(head: ArrayLike<number>): string | undefined {
  const starts = (...bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte)
  if (starts(0x42, 0x5a, 0x68)) return 'bzip2'
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a)) return 'xz'
  return undefined
}
