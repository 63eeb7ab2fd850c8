import { createHash } from 'node:crypto'
import type { StoredImage } from '../../apple-container/apple-container.ts'
import { fillDisk, fillEtcd, sealDisk } from '../../guest/programs.ts'

/**
 * What a prepared disk is known by: a digest over everything that is on it. That is the node image, by the manifest of the
 * platform, which holds the version of Kubernetes as well, and what fills the disk from it. Nothing that a user can choose for a
 * cluster is on it.
 */
export function diskId({ manifest, platform }: { readonly manifest: string; readonly platform: string }): string {
  return createHash('sha256')
    .update(JSON.stringify({ manifest, platform, filledBy: [fillDisk, fillEtcd, sealDisk].map(({ text }) => text) }))
    .digest('hex')
}

/** Digest of the image's manifest for a platform (`linux/arm64`), undefined when it has none. */
export function manifestFor(image: StoredImage | undefined, platform: string): string | undefined {
  return image?.find(({ os, architecture }) => `${os}/${architecture}` === platform)?.manifest
}
