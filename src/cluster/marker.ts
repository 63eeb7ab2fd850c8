import { createHash } from 'node:crypto'
import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { readMarker as program } from '../guest/programs.ts'
import type { ClusterSpec } from './spec.ts'

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

/**
 * The marker of a running control plane, undefined when its create has not come to its end.
 * @throws KinaError when the node does not answer: then nobody knows, and nothing may be taken for half-made.
 */
export async function readMarker(apple: AppleContainer, node: string, within: number): Promise<Marker | undefined> {
  const { exitCode, stdout, stderr } = await apple.exec(node, ['bash', '-c', program.text, program.name], {
    within,
  })
  const marker = exitCode === 0 ? parseMarker(stdout) : undefined
  if (marker !== undefined || (exitCode === 0 && stdout === '')) return marker
  throw new KinaError(
    'node-command-failed',
    `Cannot tell whether the create of "${node}" has come to its end: the node does not answer`,
    {
      // Written whole or not at all: what cannot be read is nobody's marker, and no reason to replace a cluster.
      seen: [...stderr.trim().split('\n'), ...stdout.split('\n')].filter(Boolean).slice(-5),
      hint: 'Try again; "kina delete cluster" removes it, finished or not',
    },
  )
}
