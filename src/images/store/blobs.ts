import { createHash } from 'node:crypto'
import type { FileFacts } from '../../host/host.ts'
import { manifestLimit, type Descriptor } from '../descriptor.ts'
import { hexOf, pathOf, type Store } from './store.ts'
import { takeBlobLock } from './store-lock.ts'

/** Thrown at the end of a blob whose bytes were not those of its digest. It has been dropped, so that it is fetched again. */
export class DamagedBlob extends Error {
  override readonly name = 'DamagedBlob'
}

type Wanted = Pick<Descriptor, 'digest' | 'size'>

/** Whether the blob is there with the right size. One of another size is damaged, and dropped. */
export async function hasBlob(store: Store, { digest, size }: Wanted): Promise<boolean> {
  const found = await store.blobs.stat(pathOf.blob(store, digest))
  if (found === undefined || found.bytes === size) return found !== undefined
  await dropDamaged(store, digest, found, `it has ${found.bytes} bytes of ${size}`)
  return false
}

/** Whether the bytes are those of the digest; undefined when there is no such blob. Damaged ones are dropped. */
export async function checkBlob(store: Store, digest: string): Promise<boolean | undefined> {
  const found = await store.blobs.stat(pathOf.blob(store, digest))
  if (found === undefined) return undefined
  const hash = createHash('sha256')
  for await (const piece of store.blobs.read(pathOf.blob(store, digest))) {
    store.signal.throwIfAborted()
    hash.update(piece)
  }
  if (hash.digest('hex') === hexOf(digest)) return true
  await dropDamaged(store, digest, found, 'its bytes are not those of its digest')
  return false
}

/** The blob piece by piece. @throws DamagedBlob at its end, or where it is gone. */
export async function* blobPieces(store: Store, { digest }: Wanted): AsyncGenerator<Uint8Array> {
  const found = await store.blobs.stat(pathOf.blob(store, digest))
  if (found === undefined) throw new DamagedBlob(`${digest} is gone`)
  const hash = createHash('sha256')
  for await (const piece of store.blobs.read(pathOf.blob(store, digest))) {
    store.signal.throwIfAborted()
    hash.update(piece)
    yield piece
  }
  if (hash.digest('hex') === hexOf(digest)) return
  await dropDamaged(store, digest, found, 'its bytes are not those of its digest')
  throw new DamagedBlob(`${digest} is damaged`)
}

/** A manifest or a configuration, checked; undefined when it is not there, too large to be one, or damaged and now dropped. */
export async function readDocument(store: Store, digest: string): Promise<Uint8Array | undefined> {
  const found = await store.blobs.stat(pathOf.blob(store, digest))
  if (found === undefined || found.bytes > manifestLimit) return undefined
  const pieces: Uint8Array[] = []
  for await (const piece of store.blobs.read(pathOf.blob(store, digest))) pieces.push(piece)
  const bytes = joined(pieces)
  if (createHash('sha256').update(bytes).digest('hex') === hexOf(digest)) return bytes
  await dropDamaged(store, digest, found, 'its bytes are not those of its digest')
  return undefined
}

/** The blob in one piece. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** Drops the blob that was looked at, and never one that has been put there since. */
async function dropDamaged(store: Store, digest: string, seen: FileFacts, reason: string): Promise<void> {
  const path = pathOf.blob(store, digest)
  const isThere = async (): Promise<boolean> => (await store.blobs.stat(path))?.version === seen.version
  await using lock = await takeBlobLock(store, digest, isThere)
  if (lock === undefined || !(await isThere())) return
  await store.files.remove(path)
  store.tell({
    kind: 'warning',
    message: `A damaged file in the image cache is dropped: ${digest}: ${reason}`,
    hint: 'It is fetched again when it is needed',
  })
}
