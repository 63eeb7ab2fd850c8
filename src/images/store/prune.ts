import { choosePrunes, type Bound, type ImageLying, type Prunes } from './choose-prunes.ts'
import { heldDigests } from './holds.ts'
import { imageParts, reachedFrom } from './image-parts.ts'
import { changeImagesLocked, isNamed, readIndexFile, type CachedImage } from './index-file.ts'
import { pathOf, type Store } from './store.ts'
import { takeBlobLock, withStoreLock } from './store-lock.ts'

type Found = ImageLying & { readonly image: CachedImage }

/** Removes what `choosePrunes` chooses; the entries first, so that an image that is listed is never without its blobs. */
export async function pruneStore(
  store: Store,
  bound: Bound,
): Promise<Omit<Prunes<Found>, 'images'> & { readonly images: readonly CachedImage[] }> {
  return await withStoreLock(store, async () => {
    const { images: listed, others } = await readIndexFile(store)
    const images = await Promise.all(
      listed.map(async (image): Promise<Found> => {
        const { blobs } = await imageParts(store, image)
        return { image, lastUsed: image.lastUsed, digests: blobs.map(({ digest }) => digest) }
      }),
    )
    const blobs = await filesIn(store, pathOf.blobs(store))
    const reached = await Promise.all(others.map((entry) => reachedFrom(store, entry)))
    // Where an entry of another tool cannot be followed, any blob might be its own.
    const kept = reached.includes(undefined) ? [...blobs.keys()] : reached.flatMap((digests) => digests ?? [])
    const chosen = choosePrunes(
      {
        images,
        blobs,
        partials: await filesIn(store, pathOf.ingest(store)),
        held: await heldDigests(store),
        kept: new Set(kept),
      },
      bound,
    )
    const gone = chosen.images.map(({ image }) => image)
    if (gone.length > 0)
      await changeImagesLocked(store, (all) => all.filter((image) => !gone.some((its) => isNamed(image, its))))
    for (const digest of chosen.blobs) await store.files.remove(pathOf.blob(store, digest))
    for (const digest of chosen.partials) await store.files.remove(pathOf.partial(store, digest))
    await sweepBlobLocks(store)
    return { ...chosen, images: gone }
  })
}

/** Lets go of what killed processes held. */
async function sweepBlobLocks(store: Store): Promise<void> {
  const names = (await store.blobs.listFiles(pathOf.locks(store))).map((name) => /^[0-9a-f]{64}/.exec(name)?.[0])
  for (const hex of new Set(names)) {
    if (hex === undefined) continue
    await using _lock = await takeBlobLock(store, `sha256:${hex}`, () => Promise.resolve(false))
  }
}

/** Files named as digests are; everything else in these folders is somebody else's and stays. */
export async function filesIn(
  store: Store,
  folder: string,
): Promise<ReadonlyMap<string, { readonly bytes: number; readonly modified: Date }>> {
  const names = (await store.blobs.listFiles(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name))
  const found = await Promise.all(
    names.map(async (name) => [`sha256:${name}`, await store.blobs.stat(`${folder}/${name}`)] as const),
  )
  return new Map(found.flatMap(([digest, facts]) => (facts ? [[digest, facts] as const] : [])))
}
