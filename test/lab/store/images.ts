/** The image store: names, each with the descriptor of an index; what the index says is in the content. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { withLock } from '../lock.ts'
import { Failure } from '../failure.ts'
import {
  hasBlob,
  isIndex,
  isManifest,
  readBlob,
  type Descriptor,
  type ImageConfig,
  type Index,
  type Manifest,
} from './content.ts'
import { isSame, type Platform } from './platform.ts'
import { fullReference, referenceWithTag } from './reference.ts'

export interface StoredImage {
  readonly reference: string
  readonly descriptor: Descriptor
}

/** One platform of an image whose content is here. */
export interface Variant {
  readonly platform: Platform
  /** Of its manifest. */
  readonly digest: string
  /** Of manifest, config and layers as they are packed. */
  readonly size: number
  readonly manifest: Manifest
  readonly config: ImageConfig
}

export const nameAnnotation = 'com.apple.containerization.image.name'

const folderOf = (root: string): string => join(root, 'images')

/** Names and content change together. */
export async function withImages<T>(root: string, work: () => T | Promise<T>): Promise<T> {
  mkdirSync(folderOf(root), { recursive: true })
  return await withLock(join(root, 'images.lock'), work)
}

export function images(root: string): readonly StoredImage[] {
  if (!existsSync(folderOf(root))) return []
  return readdirSync(folderOf(root))
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folderOf(root), file), 'utf8')) as StoredImage)
    .toSorted((a, b) => (a.reference < b.reference ? -1 : 1))
}

export function writeImage(root: string, image: StoredImage): void {
  mkdirSync(folderOf(root), { recursive: true })
  const path = join(folderOf(root), `${encodeURIComponent(image.reference)}.json`)
  writeFileSync(`${path}.${process.pid}.new`, JSON.stringify(image))
  renameSync(`${path}.${process.pid}.new`, path)
}

export function forgetImage(root: string, { reference }: StoredImage): void {
  rmSync(join(folderOf(root), `${encodeURIComponent(reference)}.json`))
}

/**
 * By the name that an archive has given it, else by the name in the store.
 * @returns undefined for what is not there or is no reference.
 */
export function findImage(root: string, text: string): StoredImage | undefined {
  try {
    const all = images(root)
    const tagged = referenceWithTag(text)
    const named = all.filter(({ descriptor }) => descriptor.annotations?.[nameAnnotation] === tagged)
    const byAnnotation = named.length > 1 ? named.find(({ reference }) => reference === tagged) : named[0]
    const full = fullReference(text)
    return byAnnotation ?? all.find(({ reference }) => reference === text || reference === full)
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  }
}

export function indexOf(root: string, { descriptor }: StoredImage): Index {
  return readBlob<Index>(root, descriptor)
}

/** Platforms whose manifest and config are here; the others of an index are not shown. */
export function variantsOf(root: string, image: StoredImage): readonly Variant[] {
  return indexOf(root, image).manifests.flatMap((its) => {
    if (!its.platform || !hasBlob(root, its.digest)) return []
    const manifest = readBlob<Manifest>(root, its)
    if (!hasBlob(root, manifest.config.digest)) return []
    const size = its.size + manifest.config.size + manifest.layers.reduce((sum, layer) => sum + layer.size, 0)
    const config = readBlob<ImageConfig>(root, manifest.config)
    return [{ platform: its.platform, digest: its.digest, size, manifest, config }]
  })
}

export function variantFor(root: string, image: StoredImage, platform: Platform): Variant | undefined {
  return variantsOf(root, image).find((variant) => isSame(variant.platform, platform))
}

/** Every digest that these names reach, all names where nothing is said. */
export function referencedDigests(root: string, among = images(root)): ReadonlySet<string> {
  const reached = new Set<string>()
  const walk = (descriptor: Descriptor): void => {
    if (reached.has(descriptor.digest)) return
    reached.add(descriptor.digest)
    if (!hasBlob(root, descriptor.digest)) return
    if (isIndex(descriptor)) readBlob<Index>(root, descriptor).manifests.forEach(walk)
    else if (isManifest(descriptor)) {
      const { config, layers } = readBlob<Manifest>(root, descriptor)
      for (const its of [config, ...layers]) walk(its)
    }
  }
  for (const { descriptor } of among) walk(descriptor)
  return reached
}
