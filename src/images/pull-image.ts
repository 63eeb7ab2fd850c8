import type { Host } from '../host/host.ts'
import {
  chooseManifest,
  isPlatform,
  parseDocument,
  platformOfConfig,
  type Descriptor,
  type Manifest,
} from './descriptor.ts'
import { KinaError } from '../errors.ts'
import { fetchBlob } from './fetch-blob.ts'
import { progressOf } from './progress.ts'
import { targetOf } from './registry/endpoints.ts'
import { asFailure } from './registry/refusal.ts'
import { connectRegistry, type Registry, type RegistryOptions } from './registry/registry.ts'
import { sideBySide } from './side-by-side.ts'
import { readDocument } from './store/blobs.ts'
import { holdBlobs } from './store/holds.ts'
import { areThere } from './store/image-parts.ts'
import { holdImage, type HeldImage } from './store/hold-image.ts'
import { changeImages, isNamed, type CachedImage, type ImageName } from './store/index-file.ts'
import { beginIngest } from './store/ingest.ts'
import type { Store } from './store/store.ts'

export interface Pulled extends HeldImage {
  /** What came over the network. */
  readonly fetchedBytes: number
}

/** As docker has it: more connections do not make a line wider. */
const layersAtOnce = 4

interface Document {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

type Parsed = Document & { readonly content: ReturnType<typeof parseDocument> }

/** An image of one platform as its registry describes it: what is to be in the cache. */
interface Described {
  readonly manifest: Document & { readonly content: Manifest }
  readonly index: Document | undefined
}

/**
 * An image of one platform is in the cache, fetched from its registry as far as it is missing. A reference by digest whose image
 * is there needs no network.
 * @param wanted the reference in full form.
 * @throws KinaError `image-unavailable`, `disk-full`, `cache-unusable`.
 */
export async function pullImage(
  host: Host,
  store: Store,
  wanted: ImageName,
  options: Omit<RegistryOptions, 'tell' | 'signal'>,
): Promise<Pulled> {
  const target = targetOf(wanted.reference)
  const there = target.digest === undefined ? undefined : await holdImage(store, wanted)
  if (there) return { ...there, fetchedBytes: 0 }
  const stop = new AbortController()
  const signal = AbortSignal.any([store.signal, stop.signal])
  const registry = connectRegistry(host, target, { ...options, tell: store.tell, signal })
  try {
    return await pull({ ...store, signal }, registry, wanted.platform, (error) => stop.abort(error))
  } catch (error) {
    throw asFailure(`pull "${wanted.reference}"`, error)
  }
}

async function pull(
  store: Store,
  registry: Registry,
  platform: string,
  onFailure: (error: unknown) => void,
): Promise<Pulled> {
  const { reference } = registry.target
  const { manifest, index } = await describe(registry, platform)
  const { config, layers } = manifest.content
  const blobs = unique([config, ...layers])
  const documents = [manifest, ...(index ? [index] : [])]
  const all = [...documents.map(({ descriptor }) => descriptor), ...blobs]
  const image: CachedImage = {
    reference,
    platform,
    manifest: manifest.descriptor,
    index: index?.descriptor.digest,
    lastUsed: store.clock.date(),
  }
  const hold = await holdBlobs(
    store,
    all.map(({ digest }) => digest),
  )
  try {
    const progress = countBytes(store, reference, blobs)
    const fetchOne = (blob: Descriptor): Promise<void> =>
      fetchBlob(store, registry, blob, (bytes) => progress.have(blob.digest, bytes))
    // The configuration first: it tells whether the image is for the platform at all.
    await fetchOne(config)
    if (index === undefined) await checkPlatform(store, config, image)
    // Once more where a blob was found damaged and dropped by somebody while others were fetched.
    for (let round = 0; round < 2 && !(await areThere(store, all)); round++) {
      for (const document of documents) await writeDocument(store, document)
      await sideBySide(blobs, layersAtOnce, fetchOne, onFailure)
    }
    await changeImages(store, (images) => [...images.filter((its) => !isNamed(its, image)), image])
    const bytes = all.reduce((sum, { size }) => sum + size, 0)
    return { image, blobs: all, hold, bytes, fetchedBytes: progress.fetched() }
  } catch (error) {
    await hold[Symbol.asyncDispose]()
    throw error
  }
}

/** What the registry has under the reference, down to the manifest for the platform. */
async function describe(registry: Registry, platform: string): Promise<Described> {
  const { reference, tagOrDigest } = registry.target
  const root = await documentFrom(registry, tagOrDigest)
  if (root.content.kind === 'manifest')
    return { manifest: { ...root, content: root.content.manifest }, index: undefined }
  const chosen = chooseManifest(root.content.index, platform, `"${reference}"`)
  const found = await documentFrom(registry, chosen.digest)
  if (found.content.kind === 'manifest') return { manifest: { ...found, content: found.content.manifest }, index: root }
  throw new KinaError('image-unavailable', `Cannot use "${reference}": it is an index within an index`, {
    seen: [chosen.digest],
    hint: 'It is not in a form that kina knows',
  })
}

async function documentFrom(registry: Registry, tagOrDigest: string): Promise<Parsed> {
  const { bytes, digest, mediaType } = await registry.document(tagOrDigest)
  const content = parseDocument(bytes, `manifest ${tagOrDigest} of "${registry.target.reference}"`)
  // Docker's documents and most of OCI's name their own type, which a proxy cannot change.
  return { bytes, content, descriptor: { digest, mediaType: content.mediaType ?? mediaType, size: bytes.length } }
}

async function writeDocument(store: Store, { descriptor, bytes }: Document): Promise<void> {
  await using ingest = await beginIngest(store, descriptor)
  if (ingest === undefined) return
  await ingest.restart()
  await ingest.write(bytes)
  await ingest.commit()
}

/** An image without an index says only in its configuration what it is for. */
async function checkPlatform(store: Store, config: Descriptor, { reference, platform }: CachedImage): Promise<void> {
  const bytes = await readDocument(store, config.digest)
  const its = bytes && platformOfConfig(bytes, `configuration of "${reference}"`)
  if (its === undefined || isPlatform(its, platform)) return
  throw new KinaError('image-unavailable', `Cannot use "${reference}" on ${platform}: it is built for ${its}`, {
    hint: 'Choose an image that is built for this platform',
  })
}

function unique(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()]
}

/** Adds up how much of each blob is there. */
function countBytes(store: Store, what: string, blobs: readonly Descriptor[]) {
  const total = blobs.reduce((all, { size }) => all + size, 0)
  const progress = progressOf(store, `pull ${what}`, total)
  const first = new Map<string, number>()
  const now = new Map<string, number>()
  const sum = (numbers: Map<string, number>): number => [...numbers.values()].reduce((all, bytes) => all + bytes, 0)
  return {
    have(digest: string, bytes: number): void {
      if (!first.has(digest)) first.set(digest, bytes)
      now.set(digest, bytes)
      progress.have(sum(now))
    },
    fetched: () => sum(now) - sum(first),
  }
}
