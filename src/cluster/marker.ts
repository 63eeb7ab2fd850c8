import { createHash } from 'node:crypto'
import type { ClusterSpec } from './spec.ts'
import type { AppleContainer } from '../apple-container/apple-container.ts'

/** What `/kind/kina-created` on the control plane says. */
export interface Marker {
  readonly run: string
  readonly version: string
  /** Digest of the ClusterSpec without what may differ between two calls for one cluster (how long to wait). */
  readonly spec: string
}

export function specDigest(spec: ClusterSpec): string {
  const { wait: _wait, ...lasting } = spec
  return createHash('sha256').update(JSON.stringify(lasting)).digest('hex')
}

export function parseMarker(text: string): Marker | undefined {
  try {
    const { run, version, spec } = JSON.parse(text) as Partial<Marker>
    return run && version && spec ? { run, version, spec } : undefined
  } catch {
    return undefined
  }
}

/** The marker of a running control plane, undefined when its create has not come to its end. */
export async function readMarker(apple: AppleContainer, node: string, within: number): Promise<Marker | undefined> {
  const { exitCode, stdout } = await apple.exec(node, ['cat', '/kind/kina-created'], { within })
  return exitCode === 0 ? parseMarker(stdout) : undefined
}
