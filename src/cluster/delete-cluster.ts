import { acquireClusterLock } from './cluster-lock.ts'
import { connect } from './connect.ts'
import { leaveKubeconfigs } from './enter-kubeconfig.ts'
import { findCluster } from './inspect.ts'
import type { Kina } from './kina.ts'
import { removeNodes } from './remove-nodes.ts'

export interface DeleteOptions {
  /** Value of `--kubeconfig`; else the files that kubectl would read. */
  readonly kubeconfig?: string
}

/**
 * Removes all nodes of a cluster and its entries in the kubeconfig, also when the nodes are gone already.
 * @returns the names of the nodes that were removed.
 * @throws KinaError `cluster-locked`, `service-hung`.
 */
export async function deleteCluster(kina: Kina, name: string, options: DeleteOptions): Promise<readonly string[]> {
  const apple = connect(kina)
  await using lock = await acquireClusterLock(kina.host, name, {
    run: kina.run,
    command: 'delete cluster',
    onUnwritable: ({ message, seen }) =>
      kina.report({ kind: 'warning', message: `${message}; go on without a lock (${seen.join(', ')})` }),
  })
  const nodes = (await findCluster(apple, name))?.nodes ?? []
  const removed = await removeNodes(kina, apple, {
    nodes,
    belongs: (node) => node.cluster === name,
    afterLateWork: lock.tookOver,
    signal: kina.signal,
  })
  await leaveKubeconfigs(kina, name, options.kubeconfig)
  return removed
}
