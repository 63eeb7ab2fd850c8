import { parseDocument, type Descriptor } from '../descriptor.ts'
import { readDocument } from './blobs.ts'
import type { CachedImage } from './index-file.ts'
import { pathOf, type Store } from './store.ts'

/** Blobs of an image, as far as they are known: without its manifest that is the manifest alone. */
export interface ImageParts {
  /** Manifest, index where there is one, configuration, layers; each digest once. */
  readonly blobs: readonly Pick<Descriptor, 'digest' | 'size'>[]
  /** All of them are there, by size. */
  readonly isComplete: boolean
}

/** Looks up what an image is made of. A damaged manifest is dropped on the way. */
export async function imageParts(store: Store, image: Pick<CachedImage, 'manifest' | 'index'>): Promise<ImageParts> {
  const bytes = await readDocument(store, image.manifest.digest)
  const document = bytes && parseDocument(bytes, `manifest ${image.manifest.digest}`)
  const parts = document?.kind === 'manifest' ? [document.manifest.config, ...document.manifest.layers] : []
  const blobs = new Map([image.manifest, ...parts].map((part) => [part.digest, part.size]))
  if (image.index !== undefined) {
    const found = await store.blobs.stat(pathOf.blob(store, image.index))
    // Its size is written nowhere, and it is not needed to use the image.
    if (found) blobs.set(image.index, found.bytes)
  }
  const all = [...blobs].map(([digest, size]) => ({ digest, size }))
  return { blobs: all, isComplete: document?.kind === 'manifest' && (await areThere(store, all)) }
}

export async function areThere(store: Store, blobs: ImageParts['blobs']): Promise<boolean> {
  const found = await Promise.all(blobs.map(({ digest }) => store.blobs.stat(pathOf.blob(store, digest))))
  return blobs.every(({ size }, index) => found[index]?.bytes === size)
}

/**
 * Digests that an entry of another tool leads to, however deep.
 * @returns undefined when that cannot be told.
 */
export async function reachedFrom(store: Store, entry: unknown): Promise<readonly string[] | undefined> {
  const { digest } = (entry ?? {}) as { digest?: unknown }
  if (typeof digest !== 'string') return undefined
  const bytes = await readDocument(store, digest)
  if (bytes === undefined) return undefined
  try {
    const document = parseDocument(bytes, `manifest ${digest}`)
    if (document.kind === 'manifest')
      return [digest, document.manifest.config.digest, ...document.manifest.layers.map((layer) => layer.digest)]
    const below = await Promise.all(
      document.index.manifests.map((its) => reachedFrom(store, its).then((found) => found ?? [its.digest])),
    )
    return [digest, ...below.flat()]
  } catch {
    return undefined
  }
}
