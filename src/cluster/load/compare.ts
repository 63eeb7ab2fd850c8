/** What is to be done for an image in a node. Nothing here asks anybody. */
import { chainIds } from '../../images/digest.ts'
import type { Image, ImageLayer } from '../../images/image.ts'
import type { NodeImages } from './node-images.ts'

export type Work =
  | { readonly kind: 'nothing' }
  /** It is there under the name `from`. */
  | { readonly kind: 'tag'; readonly from: string; readonly names: readonly string[] }
  /** Manifest and configuration are sent, and of the layers those that the node lacks. */
  | { readonly kind: 'import'; readonly missing: readonly ImageLayer[] }

/** What is known of an image that has not been saved yet. */
export interface Sketch {
  /** Of its manifest; docker knows its configuration instead. */
  readonly manifest?: string
  readonly config?: string
  readonly diffIds: readonly string[]
}

export function workFor(image: Image, node: NodeImages): Work {
  const missing = missingLayers(image, node)
  const isThere = missing.length === 0 && node.blobs.has(image.manifest.digest) && node.blobs.has(image.config.digest)
  const named = isThere ? nameWork(image.names, image.manifest.digest, node) : undefined
  return named ?? { kind: 'import', missing }
}

/**
 * The same from what is known without reading the image.
 * @returns undefined when that is not enough: then the image is to be read.
 */
export function workForSketch(names: readonly string[], sketch: Sketch, node: NodeImages): Work | undefined {
  // The kubelet's side of containerd keeps every image under the digest of its configuration as well.
  const manifest = sketch.manifest ?? (sketch.config === undefined ? undefined : node.images.get(sketch.config)?.digest)
  const top = chainIds(sketch.diffIds).at(-1)
  if (manifest === undefined || top === undefined) return undefined
  if (!node.blobs.has(manifest) || !node.chains.has(top)) return undefined
  return nameWork(names, manifest, node)
}

/** Undefined when nothing is called by this digest, so that there is nothing to name after. */
function nameWork(names: readonly string[], manifest: string, { images }: NodeImages): Work | undefined {
  const absent = names.filter((name) => images.get(name)?.digest !== manifest)
  if (absent.length === 0) return { kind: 'nothing' }
  const [from] = [...images].find(([, { digest }]) => digest === manifest) ?? []
  return from === undefined ? undefined : { kind: 'tag', from, names: absent }
}

/** A layer is there when its blob is, or when it or one above it is unpacked: nodes may discard what they have unpacked. */
function missingLayers({ layers }: Image, { blobs, chains }: NodeImages): readonly ImageLayer[] {
  const unpacked = chainIds(layers.map(({ diffId }) => diffId)).findLastIndex((chain) => chains.has(chain))
  return layers.filter(({ digest }, at) => at > unpacked && !blobs.has(digest))
}

/** What must not be collected until the image is there: lines for hold-images.sh. */
export function reliedOn(image: Image, node: NodeImages): readonly string[] {
  const chains = chainIds(image.layers.map(({ diffId }) => diffId)).filter((chain) => node.chains.has(chain))
  const blobs = image.layers.map(({ digest }) => digest).filter((digest) => node.blobs.has(digest))
  return [...chains.map((chain) => `chain ${chain}`), ...blobs.map((digest) => `blob ${digest}`)]
}
