import { KinaError } from '../../errors.ts'
import { clustersAmong, type NodeRecord } from '../inspect.ts'
import type { ContainerRecord } from '../../apple-container/apple-container.ts'

/**
 * The nodes of a cluster that images are loaded into: all, or those that were named. The texts are kind's.
 * @throws KinaError `cluster-missing`, `node-missing`, `cluster-stopped`.
 */
export function chooseNodes(
  records: readonly ContainerRecord[],
  cluster: string,
  wanted: readonly string[],
): readonly NodeRecord[] {
  const all = clustersAmong(records).find(({ name }) => name === cluster)?.nodes ?? []
  if (all.length === 0) {
    throw new KinaError('cluster-missing', `no nodes found for cluster "${cluster}"`, {
      hint: 'Use the --name option to select a different cluster; "kina get clusters" lists them',
    })
  }
  const unknown = wanted.filter((name) => !all.some(({ id }) => id === name))
  if (unknown.length > 0) {
    throw new KinaError('node-missing', `unknown node: ${unknown.map((name) => `"${name}"`).join(', ')}`, {
      seen: all.map(({ id }) => `node: ${id}`),
      hint: `"kina get nodes ${cluster}" lists the nodes`,
    })
  }
  const nodes = wanted.length === 0 ? all : all.filter(({ id }) => wanted.includes(id))
  const still = nodes.filter(({ state }) => state !== 'running')
  if (still.length > 0) {
    throw new KinaError('cluster-stopped', `Cannot load images into ${still.map(({ id }) => id).join(', ')}`, {
      seen: still.map(({ id, state }) => `${id}: ${state}`),
      hint: `Name the nodes that run with --nodes, or see "kina status ${cluster}"`,
    })
  }
  return nodes
}
