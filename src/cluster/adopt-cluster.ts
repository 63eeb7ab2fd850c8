import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { exportKubeconfig } from './export-kubeconfig.ts'
import type { ClusterRecord, NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'
import { readMarker, specDigest } from './marker.ts'
import type { ClusterSpec } from './spec.ts'

/** What `--if-not-exists` found, and what is wanted. */
interface Adoption {
  readonly spec: ClusterSpec
  readonly existing: ClusterRecord
  /** Value of `--kubeconfig`. */
  readonly kubeconfig: string | undefined
}

/**
 * Takes a cluster that is there for the one that is wanted, and refreshes its kubeconfig.
 * @returns false for a half-made one, which may be replaced. Only what is known to be half-made is: of a node that has
 * run and is stopped nobody can tell, since the marker is in it.
 * @throws KinaError `cluster-stopped`, nothing touched.
 */
export async function adoptCluster(
  kina: Kina,
  apple: AppleContainer,
  { spec, existing, kubeconfig }: Adoption,
): Promise<boolean> {
  const stopped = existing.nodes.filter(({ state }) => state !== 'running')
  const isStopped = (what: string): KinaError =>
    new KinaError('cluster-stopped', `Cannot use cluster "${spec.name}": ${what}`, {
      seen: stopped.map(({ id, state }) => `${id}: ${state}`),
      hint: `Run "kina delete cluster ${spec.name}" and create it again`,
    })
  const first = existing.nodes.find(({ role, state }) => role === 'control-plane' && state === 'running')
  if (!first) {
    // A half-made cluster has nodes that never ran; a finished one that was stopped has none.
    const haveRun = await Promise.all(existing.nodes.map((node) => hasRun(kina, apple, node)))
    if (haveRun.every(Boolean)) throw isStopped('it is stopped')
    return false
  }
  const marker = await readMarker(apple, first.id, kina.deadlines.guestCommand)
  if (!marker) return false
  if (stopped.length > 0) throw isStopped('some of its nodes do not run')
  if (marker.spec !== specDigest(spec)) {
    kina.report({
      kind: 'warning',
      message: `Cluster "${spec.name}" exists and was made from another configuration`,
      hint: 'Delete and create it to apply this one',
    })
  }
  await exportKubeconfig(kina, spec.name, {
    contextName: spec.contextName,
    internal: false,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  })
  return true
}

async function hasRun({ signal }: Kina, apple: AppleContainer, { id, everStarted }: NodeRecord): Promise<boolean> {
  return everStarted || (await apple.hasRun(id, { signal }))
}
