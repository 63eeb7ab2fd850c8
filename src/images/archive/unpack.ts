import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { KinaError } from '../../errors.ts'
import { invalidImage } from '../invalid.ts'
import type { Compression } from './compression.ts'
import { limits } from './limits.ts'

/**
 * Unpacks bytes on their way. What becomes much larger than any image could is refused before it fills a disk.
 * @throws KinaError `image-invalid`.
 */
export async function* unpacked(
  pieces: AsyncIterable<Uint8Array>,
  compression: Compression,
  source: string,
  bound: { readonly unpackedBytes: number; readonly unpackedRatio: number } = limits,
): AsyncIterable<Uint8Array> {
  let packedBytes = 0
  let bytes = 0
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const piece of pieces) {
      packedBytes += piece.length
      yield piece
    }
  }
  const input = Readable.from(counted())
  const unpack = compression === 'gzip' ? createGunzip() : createZstdDecompress()
  // A failure of the input is the one that is told.
  let failure: unknown
  input.once('error', (error) => {
    failure = error
    unpack.destroy(error)
  })
  input.pipe(unpack)
  try {
    for await (const piece of unpack as AsyncIterable<Uint8Array>) {
      bytes += piece.length
      if (bytes > bound.unpackedBytes && bytes > packedBytes * bound.unpackedRatio)
        throw invalidImage(source, `unpacked it is more than ${bound.unpackedRatio} times as large`)
      yield piece
    }
  } catch (error) {
    if (failure !== undefined) throw failure
    if (error instanceof KinaError) throw error
    // Whatever else comes out of the unpacker is its own; by which code depends on the runtime.
    throw invalidImage(source, `it cannot be unpacked (${compression}): ${(error as Error).message}`)
  } finally {
    input.destroy()
    unpack.destroy()
  }
}
