import type { Role } from './spec.ts'

/** Labels of every container that kina makes. Apple's label values cannot hold "=". */
export const labels = { cluster: 'io.kina.cluster', role: 'io.kina.role', run: 'io.kina.run' } as const

export function labelsOf(of: { cluster: string; role: Role; run: string }): Readonly<Record<string, string>> {
  return { [labels.cluster]: of.cluster, [labels.role]: of.role, [labels.run]: of.run }
}

/** `dev-worker`, `dev-worker2`, …: kind's names, so that scripts find the nodes. @param index from 0 within the role. */
export function nodeName(cluster: string, role: Role, index: number): string {
  return `${cluster}-${role}${index === 0 ? '' : index + 1}`
}

/** Name of context, cluster and user in a kubeconfig. */
export function contextName(product: 'kina' | 'kind', cluster: string): string {
  return `${product}-${cluster}`
}
