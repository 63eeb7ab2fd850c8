import { progressOf } from '../progress.ts'
import { checkBlob } from './blobs.ts'
import { imageParts } from './image-parts.ts'
import { readIndexFile, type CachedImage } from './index-file.ts'
import { filesIn } from './prune.ts'
import { pathOf, type Store } from './store.ts'

export interface Verified {
  /** Blobs whose bytes were read and compared. */
  readonly checked: number
  readonly bytes: number
  /** Digests of blobs that were damaged and are dropped now. */
  readonly damaged: readonly string[]
  /** Images that lack a blob; pulling them again fetches what is missing. */
  readonly incomplete: readonly CachedImage[]
}

/** Reads every blob and compares it with its digest. Other commands may go on meanwhile. */
export async function verifyStore(store: Store): Promise<Verified> {
  const { images } = await readIndexFile(store)
  const found = await filesIn(store, pathOf.blobs(store))
  const damaged: string[] = []
  let checked = 0
  let done = 0
  const total = [...found.values()].reduce((sum, { bytes }) => sum + bytes, 0)
  const progress = progressOf(store, 'verify the image cache', total)
  for (const [digest, { bytes }] of found) {
    const isRight = await checkBlob(store, digest)
    // Pruned in the meantime.
    if (isRight === undefined) continue
    checked++
    done += bytes
    progress.have(done)
    if (!isRight) damaged.push(digest)
  }
  const incomplete: CachedImage[] = []
  for (const image of images) if (!(await imageParts(store, image)).isComplete) incomplete.push(image)
  return { checked, bytes: done, damaged, incomplete }
}
