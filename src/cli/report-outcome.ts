import type { CreateOutcome } from '../cluster/create-cluster.ts'
import type { Kina } from '../cluster/kina.ts'
import type { ClusterSpec } from '../cluster/spec.ts'
import { KinaError } from '../errors.ts'

/**
 * Says how a create ended.
 * @returns the exit code.
 * @throws KinaError `timed-out` when the cluster is there and was not Ready in time; under kind's name that is a warning.
 */
export function reportOutcome(
  kina: Kina,
  spec: ClusterSpec,
  outcome: CreateOutcome,
  kubeconfig: string | undefined,
): number {
  const { product, report } = kina
  if (!outcome.created) report({ kind: 'notice', message: `Cluster "${spec.name}" exists and runs` })
  report({
    kind: 'cluster-ready',
    cluster: spec.name,
    context: spec.contextName,
    phases: outcome.phases,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  })
  if (outcome.missing.length > 0) {
    report({
      kind: 'warning',
      message: `The cluster is degraded, without ${outcome.missing.join(', ')}`,
      hint: `See "kina status ${spec.name}"`,
    })
  }
  if (outcome.notReady === undefined) return 0
  const message = `Cluster "${spec.name}" is made, and was not ready within ${spec.wait.ms / 1000} s`
  const hint = `It may need more time: see "kina status ${spec.name}"`
  if (product === 'kina') throw new KinaError('timed-out', message, { seen: [outcome.notReady], hint })
  report({ kind: 'warning', message: `${message}: ${outcome.notReady}`, hint })
  return 0
}
