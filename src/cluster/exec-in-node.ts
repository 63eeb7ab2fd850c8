import { KinaError } from '../errors.ts'
import { connect } from './connect.ts'
import { clustersAmong } from './inspect.ts'
import type { Kina } from './kina.ts'

export interface ExecOptions {
  readonly interactive: boolean
  readonly tty: boolean
}

/**
 * Runs a command in a node with the caller's own streams.
 * @returns the command's exit code.
 * @throws KinaError `node-missing` when no cluster of kina's has this node.
 */
export async function execInNode(
  kina: Kina,
  node: string,
  command: readonly string[],
  options: ExecOptions,
): Promise<number> {
  const apple = connect(kina)
  const nodes = clustersAmong(await apple.list()).flatMap((cluster) => cluster.nodes)
  const found = nodes.find(({ id }) => id === node)
  if (!found) {
    throw new KinaError('node-missing', `Cannot run a command in "${node}": no cluster has a node of this name`, {
      seen: nodes.map(({ id }) => `node: ${id}`),
      hint: 'See "kina get nodes --all-clusters"',
    })
  }
  if (found.state !== 'running') {
    throw new KinaError('cluster-stopped', `Cannot run a command in "${node}": it is ${found.state}`, {
      hint: `See "kina status ${found.cluster}"`,
    })
  }
  return await apple.execAttached(node, command, { ...options, signal: kina.signal })
}
