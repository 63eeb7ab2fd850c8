import type { Host } from '../../host/host.ts'
import type { Kina } from '../kina.ts'
import type { NodeSpec } from '../spec.ts'

/** Where a prepared disk is in a node: what Kubernetes and containerd write is below it. */
export const diskPlace = '/var'

/** Why a node has to do without a prepared disk, undefined when it can have one. */
export function whyNoDisk({ mounts }: NodeSpec, { product, host }: Pick<Kina, 'product' | 'host'>): string | undefined {
  const inTheWay = mounts.find(({ containerPath }) => `${containerPath}/`.startsWith(`${diskPlace}/`))
  if (inTheWay) return `${inTheWay.containerPath} is mounted from the host`
  if (product === 'kind' && host.env['KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER'])
    return 'KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER asks for another snapshotter'
  return undefined
}

/**
 * Gives a volume that was never used another disk: a clone, made beside the old one and renamed over it, so that there is one or
 * the other whatever happens.
 * @returns false where the file system cannot clone.
 */
export async function replaceDisk({ blobs }: Pick<Host, 'blobs'>, source: string, by: string): Promise<boolean> {
  const draft = `${source}.kina`
  if (!(await blobs.clone(by, draft))) return false
  await blobs.moveDurably(draft, source)
  return true
}
