import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { acquireClusterLock } from './cluster-lock.ts'
import { connectRunning } from './connect.ts'
import { leaveKubeconfigs } from './enter-kubeconfig.ts'
import { clustersAmong, findCluster, type NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'

export interface DeleteOptions {
  /** Value of `--kubeconfig`; else the files that kubectl would read. */
  readonly kubeconfig?: string
  readonly contextName: string
}

/**
 * Removes all nodes of a cluster and its entries in the kubeconfig, also when the nodes are gone already.
 * @returns the names of the nodes that were removed.
 * @throws KinaError `cluster-locked`, `service-hung`.
 */
export async function deleteCluster(kina: Kina, name: string, options: DeleteOptions): Promise<readonly string[]> {
  const apple = await connectRunning(kina)
  await using lock = await acquireClusterLock(kina.host, name, { run: kina.run, command: 'delete cluster' })
  const nodes = (await findCluster(apple, name))?.nodes ?? []
  await removeNodes(kina, apple, nodes, (node) => node.cluster === name, lock.tookOver)
  await leaveKubeconfigs(kina, options.contextName, options.kubeconfig)
  return nodes.map(({ id }) => id)
}


/**
 * Removes nodes and looks again: the service ends a killed caller's work late, so a node may appear after the first look.
 * The removal itself passes the service's lock, hence what was under way before has ended when the second list is made.
 * @throws KinaError `service-hung` when something cannot be removed in time, naming what is left.
 */
export async function removeNodes(
  kina: Kina,
  apple: AppleContainer,
  nodes: readonly NodeRecord[],
  belongs: (node: NodeRecord) => boolean,
  mayBeLate: boolean,
): Promise<void> {
  let left = nodes
  try {
    if (left.length > 0) await apple.remove(left.map(({ id }) => id), { within: kina.deadlines.delete })
    if (left.length > 0 || mayBeLate) {
      left = await remaining(apple, belongs)
      if (left.length > 0) await apple.remove(left.map(({ id }) => id), { within: kina.deadlines.delete })
    }
  } catch (error) {
    if (!(error instanceof KinaError) || error.code !== 'timed-out') throw error
    throw new KinaError('service-hung', 'Cannot remove nodes: the container service does not answer', {
      seen: left.map(({ id }) => `left: ${id}`),
      hint: 'Run "container system stop" and "container system start" (this stops everybody\'s containers), then delete again',
      cause: error,
    })
  }
}

async function remaining(
  apple: AppleContainer,
  belongs: (node: NodeRecord) => boolean,
): Promise<readonly NodeRecord[]> {
  return clustersAmong(await apple.list())
    .flatMap(({ nodes }) => nodes)
    .filter(belongs)
}
