import * as v from 'valibot'
import { KinaError } from '../../errors.ts'
import { isPlatform, mediaTypes, type Descriptor } from '../descriptor.ts'
import { checkLayout } from './layout.ts'
import { pathOf, type Store } from './store.ts'
import { withStoreLock } from './store-lock.ts'

/** An image in the cache: one reference on one platform. */
export interface CachedImage {
  /** Full reference, as it was asked for. */
  readonly reference: string
  /** `linux/arm64` */
  readonly platform: string
  readonly manifest: Descriptor
  /** Digest of the index that led to the manifest, where there was one. */
  readonly index: string | undefined
  readonly lastUsed: Date
}

interface IndexFile {
  readonly images: readonly CachedImage[]
  /** Entries that other tools have made, as they are; kina never removes them or their blobs. */
  readonly others: readonly unknown[]
}

/** Names in `annotations`: the first two are OCI's and containerd's, by which other tools find an image in a layout. */
const keys = {
  ociName: 'org.opencontainers.image.ref.name',
  name: 'io.containerd.image.name',
  index: 'io.kina.index',
  lastUsed: 'io.kina.last-used',
} as const

const sha256 = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))

const ownEntry = v.object({
  mediaType: v.string(),
  digest: sha256,
  size: v.number(),
  platform: v.object({ os: v.string(), architecture: v.string(), variant: v.optional(v.string()) }),
  annotations: v.object({
    [keys.name]: v.string(),
    [keys.lastUsed]: v.pipe(v.string(), v.isoTimestamp()),
    [keys.index]: v.optional(sha256),
  }),
})

/**
 * What is in the cache; nothing where there is none yet. Written atomically, so it can be read at any time.
 * @throws KinaError `cache-unusable` for a file that is no index.
 */
export async function readIndexFile(store: Store): Promise<IndexFile> {
  await checkLayout(store)
  const text = await store.files.read(pathOf.index(store))
  if (text === undefined) return { images: [], others: [] }
  const entries = entriesOf(store, text)
  const images = entries.map(imageOf)
  return {
    images: images.filter((image) => image !== undefined),
    others: entries.filter((_, index) => images[index] === undefined),
  }
}

/** Changes the list of images under the store's lock. */
export async function changeImages(
  store: Store,
  change: (images: readonly CachedImage[]) => readonly CachedImage[],
): Promise<void> {
  await withStoreLock(store, () => changeImagesLocked(store, change))
}

/** The same where the lock is held already. */
export async function changeImagesLocked(
  store: Store,
  change: (images: readonly CachedImage[]) => readonly CachedImage[],
): Promise<void> {
  const { images, others } = await readIndexFile(store)
  const manifests = [...others, ...change(images).map(entryOf)]
  const json = { schemaVersion: 2, mediaType: mediaTypes.index, manifests }
  await store.files.writeAtomically(pathOf.index(store), `${JSON.stringify(json, null, 1)}\n`)
}

export type ImageName = Pick<CachedImage, 'reference' | 'platform'>

export function isNamed(image: CachedImage, { reference, platform }: ImageName): boolean {
  return image.reference === reference && isPlatform(image.platform, platform)
}

function entriesOf(store: Store, text: string): readonly unknown[] {
  try {
    const { manifests } = JSON.parse(text) as { manifests: unknown }
    if (Array.isArray(manifests)) return manifests
  } catch {
    // Said below, as for every other text that is no index.
  }
  throw new KinaError('cache-unusable', `Cannot read the image cache "${store.folder}"`, {
    seen: [`${pathOf.index(store)}: not an OCI image index`],
    hint: 'Move this file away and pull the images again: what is complete in the cache is not fetched again',
  })
}

function imageOf(entry: unknown): CachedImage | undefined {
  const { success, output } = v.safeParse(ownEntry, entry)
  if (!success) return undefined
  const { mediaType, digest, size, platform, annotations } = output
  return {
    reference: annotations[keys.name],
    platform: [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/'),
    manifest: { mediaType, digest, size },
    index: annotations[keys.index],
    lastUsed: new Date(annotations[keys.lastUsed]),
  }
}

function entryOf({ reference, platform, manifest, index, lastUsed }: CachedImage): object {
  const [os, architecture, variant] = platform.split('/')
  return {
    ...manifest,
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    annotations: {
      [keys.ociName]: reference,
      [keys.name]: reference,
      ...(index === undefined ? {} : { [keys.index]: index }),
      [keys.lastUsed]: lastUsed.toISOString(),
    },
  }
}
