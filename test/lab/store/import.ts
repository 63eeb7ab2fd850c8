/** Takes an image in from elsewhere, level by level, as ImageStore+Import of apple/containerization does. */
import { Failure } from '../failure.ts'
import {
  isIndex,
  isManifest,
  mediaTypes,
  readBlob,
  writeBlob,
  type Descriptor,
  type ImageConfig,
  type Index,
  type Manifest,
} from './content.ts'
import type { Platform } from './platform.ts'

/** Brings one blob into the content, unless it is there. @throws Failure when it cannot be had. */
export type Fetch = (descriptor: Descriptor) => Promise<void>

/** @returns the descriptor of the image's index, which is made where the image has none. */
export async function importImage(
  root: string,
  image: Descriptor,
  isWanted: (platform: Platform) => boolean,
  fetch: Fetch,
): Promise<Descriptor> {
  let level: readonly Descriptor[] = [image]
  while (level.length > 0) {
    for (const descriptor of level) await fetch(descriptor)
    level = level
      .flatMap((descriptor) => childrenOf(root, descriptor))
      .filter(({ platform }) => platform === undefined || isWanted(platform))
  }
  if (isIndex(image)) return image
  if (!isManifest(image)) throw new Failure(`failed to create index for descriptor ${image.digest}`)
  const { architecture, os, variant } = readBlob<ImageConfig>(root, readBlob<Manifest>(root, image).config)
  const platform: Platform = { architecture, os, ...(variant === undefined ? {} : { variant }) }
  if (!isWanted(platform)) throw new Failure(`image ${image.digest} does not support required platforms`)
  const index: Index = {
    schemaVersion: 2,
    manifests: [{ mediaType: image.mediaType, digest: image.digest, size: image.size, platform }],
    annotations: { 'com.apple.containerization.index.indirect': 'true' },
  }
  const text = JSON.stringify(index)
  return { mediaType: mediaTypes.index, digest: writeBlob(root, text), size: text.length }
}

function childrenOf(root: string, descriptor: Descriptor): readonly Descriptor[] {
  if (isIndex(descriptor)) return readBlob<Index>(root, descriptor).manifests
  if (!isManifest(descriptor)) return []
  const { config, layers } = readBlob<Manifest>(root, descriptor)
  return [config, ...layers]
}
