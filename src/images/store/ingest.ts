import { createHash } from 'node:crypto'
import type { BlobWriter } from '../../host/host.ts'
import type { Descriptor } from '../descriptor.ts'
import { hasBlob } from './blobs.ts'
import { hexOf, pathOf, type Store } from './store.ts'
import { takeBlobLock } from './store-lock.ts'

/** A blob on its way into the cache. What has come of it stays when the work is broken off, and is gone on with by the next. */
export interface Ingest extends AsyncDisposable {
  /** Bytes there are. */
  readonly at: number
  /** Begins again from nothing. */
  restart(): Promise<void>
  write(piece: Uint8Array): Promise<void>
  /**
   * Puts the blob into its place if its bytes are those of the digest, and throws them away if not.
   * @returns whether they are.
   */
  commit(): Promise<boolean>
}

/**
 * Begins to write a blob, or goes on where a former run was broken off. One process writes a blob; another one that wants the
 * same waits for it.
 * @returns undefined when the blob is there.
 */
export async function beginIngest(store: Store, { digest, size }: Descriptor): Promise<Ingest | undefined> {
  if (await hasBlob(store, { digest, size })) return undefined
  const isMissing = async (): Promise<boolean> => (await store.blobs.stat(pathOf.blob(store, digest)))?.bytes !== size
  const lock = await takeBlobLock(store, digest, isMissing)
  if (lock === undefined) return undefined
  try {
    if (await isMissing()) return await openIngest(store, digest, lock)
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
  await lock[Symbol.asyncDispose]()
  return undefined
}

async function openIngest(store: Store, digest: string, lock: AsyncDisposable): Promise<Ingest> {
  const path = pathOf.partial(store, digest)
  let hash = createHash('sha256')
  let at = 0
  if (await store.blobs.stat(path)) {
    for await (const piece of store.blobs.read(path)) {
      store.signal.throwIfAborted()
      hash.update(piece)
      at += piece.length
    }
  }
  const writer: BlobWriter = await store.blobs.append(path)
  let isOpen = true
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await writer.close()
  }
  /** What cannot be written completely is of no use, and room is what is missing. */
  const orDrop = async (work: Promise<void>): Promise<void> => {
    try {
      await work
    } catch (error) {
      await close().catch(() => undefined)
      await store.files.remove(path)
      throw error
    }
  }
  const restart = async (): Promise<void> => {
    hash = createHash('sha256')
    at = 0
    await writer.empty()
  }
  return {
    get at() {
      return at
    },
    restart,
    async write(piece) {
      await orDrop(writer.write(piece))
      hash.update(piece)
      at += piece.length
    },
    async commit() {
      if (hash.digest('hex') !== hexOf(digest)) {
        await restart()
        return false
      }
      await orDrop(writer.sync())
      await close()
      await store.blobs.moveDurably(path, pathOf.blob(store, digest))
      return true
    },
    async [Symbol.asyncDispose]() {
      await close().catch(() => undefined)
      await lock[Symbol.asyncDispose]()
    },
  }
}
