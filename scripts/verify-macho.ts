/**
 * Verifies the ad-hoc signature of a Mach-O binary: every page hash of its code directory. macOS kills a binary whose pages do
 * not match, and bun before 1.4.1 wrote such ones (oven-sh/bun#39758), so the release is checked where it is built.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import process from 'node:process'

const machO64 = 0xfeedfacf
const codeSignature = 0x1d
const embeddedSignature = 0xfade0cc0
const codeDirectory = 0xfade0c02
const sha256 = 2
const adHoc = 0x2

/** @throws Error naming what does not hold. @returns the number of pages whose hashes match. */
export function verifyMachO(binary: Buffer): { readonly pages: number; readonly identifier: string } {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength)
  if (view.getUint32(0, true) !== machO64) throw new Error('not a 64-bit Mach-O file')
  const at = signatureCommand(view)
  const start = view.getUint32(at + 8, true)
  const size = view.getUint32(at + 12, true)
  if (start + size !== binary.length)
    throw new Error(`the signature ends at ${start + size}, the file at ${binary.length}`)
  if (view.getUint32(start) !== embeddedSignature) throw new Error('no embedded signature')
  if (view.getUint32(start + 12) !== 0) throw new Error('the first blob is no code directory')
  const base = start + view.getUint32(start + 16)
  if (view.getUint32(base) !== codeDirectory) throw new Error('no code directory')
  const hashes = base + view.getUint32(base + 16)
  const identifierAt = base + view.getUint32(base + 20)
  const flags = view.getUint32(base + 12)
  const slots = view.getUint32(base + 28)
  const limit = view.getUint32(base + 32)
  const hashSize = view.getUint8(base + 36)
  const pageSize = 1 << view.getUint8(base + 39)
  if ((flags & adHoc) === 0) throw new Error('the signature is not ad-hoc')
  if (view.getUint8(base + 37) !== sha256) throw new Error('page hashes are not SHA-256')
  if (limit !== start) throw new Error(`the signed part ends at ${limit}, the signature begins at ${start}`)
  if (slots !== Math.ceil(limit / pageSize))
    throw new Error(`${slots} page hashes for ${Math.ceil(limit / pageSize)} pages`)
  for (let page = 0; page < slots; page++) {
    const actual = createHash('sha256')
      .update(binary.subarray(page * pageSize, Math.min(limit, (page + 1) * pageSize)))
      .digest()
    if (!actual.equals(binary.subarray(hashes + page * hashSize, hashes + (page + 1) * hashSize)))
      throw new Error(`the hash of page ${page} does not match`)
  }
  return { pages: slots, identifier: binary.subarray(identifierAt, binary.indexOf(0, identifierAt)).toString() }
}

function signatureCommand(view: DataView): number {
  let at = 32
  for (let index = 0; index < view.getUint32(16, true); index++) {
    if (view.getUint32(at, true) === codeSignature) return at
    at += view.getUint32(at + 4, true)
  }
  throw new Error('the file is not signed')
}

if (import.meta.main) {
  for (const path of process.argv.slice(2)) {
    const { pages, identifier } = verifyMachO(await readFile(path))
    console.log(`${path}: ${pages} page hashes match, identifier ${identifier}`)
  }
}
