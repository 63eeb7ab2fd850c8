import type { AppleContainer, ContainerRecord } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { labels } from './names.ts'
import type { Role } from './spec.ts'

/** A node as its container and labels show it. */
export interface NodeRecord extends ContainerRecord {
  readonly cluster: string
  readonly role: Role
  readonly run: string
}

/** A cluster read back from the labels of its nodes; there is no other record of it. */
export interface ClusterRecord {
  readonly name: string
  /** Control planes first, then by name. */
  readonly nodes: readonly NodeRecord[]
}

/** The clusters among all containers, by name. Containers of anybody else are not looked at. */
export function clustersAmong(records: readonly ContainerRecord[]): readonly ClusterRecord[] {
  const clusters = new Map<string, NodeRecord[]>()
  for (const record of records) {
    const cluster = record.labels[labels.cluster]
    if (cluster === undefined) continue
    const role: Role = record.labels[labels.role] === 'control-plane' ? 'control-plane' : 'worker'
    const nodes = clusters.get(cluster) ?? []
    clusters.set(cluster, nodes)
    nodes.push({ ...record, cluster, role, run: record.labels[labels.run] ?? '' })
  }
  return [...clusters]
    .map(([name, nodes]) => ({ name, nodes: nodes.toSorted(byRoleAndName) }))
    .toSorted((a, b) => a.name.localeCompare(b.name))
}

function byRoleAndName(a: NodeRecord, b: NodeRecord): number {
  return a.role === b.role ? a.id.localeCompare(b.id, 'en', { numeric: true }) : a.role === 'control-plane' ? -1 : 1
}

export async function findCluster(apple: AppleContainer, name: string): Promise<ClusterRecord | undefined> {
  return clustersAmong(await apple.list()).find((cluster) => cluster.name === name)
}

/** @throws KinaError `cluster-missing`. */
export async function requireCluster(apple: AppleContainer, name: string): Promise<ClusterRecord> {
  const cluster = await findCluster(apple, name)
  if (!cluster) throw noSuchCluster(name)
  return cluster
}

/** The text is kind's, because tools look for it. */
function noSuchCluster(name: string): KinaError {
  return new KinaError('cluster-missing', `could not locate any control plane nodes for cluster named '${name}'`, {
    hint: 'Use the --name option to select a different cluster; "kina get clusters" lists them',
  })
}

/**
 * The node that answers for the cluster.
 * @throws KinaError `cluster-missing` when it has no control plane, `cluster-stopped` when that does not run.
 */
export function runningControlPlane(cluster: ClusterRecord): NodeRecord {
  const node = cluster.nodes.find(({ role }) => role === 'control-plane')
  if (!node) throw noSuchCluster(cluster.name)
  if (node.state !== 'running') {
    throw new KinaError(
      'cluster-stopped',
      `Cannot ask cluster "${cluster.name}": its control plane "${node.id}" does not run`,
      {
        seen: [`state: ${node.state}`],
        hint: `Run "kina delete cluster ${cluster.name}" and create it again`,
      },
    )
  }
  return node
}
