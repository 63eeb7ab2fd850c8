import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { completionOf } from './completion.ts'
import { exportKubeconfig } from './export-kubeconfig.ts'
import type { ClusterRecord } from './inspect.ts'
import type { Kina } from './kina.ts'
import { specDigest } from './marker.ts'
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
  const completion = await completionOf(apple, existing, kina.deadlines.guestCommand)
  if (completion.is === 'unfinished') return false
  if (completion.is === 'stopped') throw isStopped('it is stopped')
  if (stopped.length > 0) throw isStopped('some of its nodes do not run')
  if (completion.marker.spec !== specDigest(spec)) {
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
