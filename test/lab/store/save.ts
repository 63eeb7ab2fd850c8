/** `image save`: an OCI layout in an uncompressed archive, as ImageStore+Export of apple/containerization writes it. */
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure } from '../failure.ts'
import {
  blobPath,
  digestOf,
  hasBlob,
  isIndex,
  isManifest,
  readBlob,
  type Descriptor,
  type Index,
  type Manifest,
} from './content.ts'
import { nameAnnotation, type StoredImage } from './images.ts'
import { isSame, type Platform } from './platform.ts'

/** @throws Failure when something that the index names is not here, which without a platform is the usual case. */
export function saveImages(root: string, images: readonly StoredImage[], out: string, platform?: Platform): void {
  const layout = mkdtempSync(join(root, 'save-'))
  try {
    const blobs = join(layout, 'blobs/sha256')
    mkdirSync(blobs, { recursive: true })
    const manifests = images.map((image) => ({
      ...exportIndex(root, image.descriptor, blobs, platform),
      annotations: {
        [nameAnnotation]: image.reference,
        'io.containerd.image.name': image.reference,
        'org.opencontainers.image.ref.name': image.reference,
      },
    }))
    writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    execFileSync('tar', ['--format=pax', '-C', layout, '-cf', out, 'blobs', 'index.json', 'oci-layout'])
  } finally {
    rmSync(layout, { recursive: true, force: true })
  }
}

function exportIndex(root: string, descriptor: Descriptor, blobs: string, platform?: Platform): Descriptor {
  const isWanted = (its: Descriptor): boolean => !platform || !its.platform || isSame(its.platform, platform)
  const take = (its: Descriptor): void => {
    if (!hasBlob(root, its.digest)) throw new Failure(`content with digest ${its.digest}`)
    const path = blobPath(root, its.digest)
    try {
      linkSync(path, join(blobs, basename(path)))
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error
    }
    for (const child of childrenOf(root, its).filter(isWanted)) take(child)
  }
  for (const child of childrenOf(root, descriptor).filter(isWanted)) take(child)
  const text = trimmedIndex(root, descriptor, platform)
  const digest = digestOf(text)
  writeFileSync(join(blobs, digest.replace('sha256:', '')), text)
  return { mediaType: descriptor.mediaType, digest, size: text.length }
}

function childrenOf(root: string, descriptor: Descriptor): readonly Descriptor[] {
  if (isIndex(descriptor)) return readBlob<Index>(root, descriptor).manifests
  if (!isManifest(descriptor)) return []
  const { config, layers } = readBlob<Manifest>(root, descriptor)
  return [config, ...layers]
}

/** As it is where nothing is left out, else without the platforms that are. */
function trimmedIndex(root: string, descriptor: Descriptor, platform?: Platform): string {
  const index = readBlob<Index>(root, descriptor)
  const kept = index.manifests.filter((its) => its.platform && (!platform || isSame(its.platform, platform)))
  const isWhole = index.manifests.every((its) => !its.platform || kept.includes(its))
  return JSON.stringify(isWhole ? index : { ...index, manifests: kept })
}
