import { KinaError } from '../../errors.ts'
import { restoreEtcd as restoreProgram } from '../../guest/programs.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

/**
 * The etcd of a first control plane begins with what is for it on the node's prepared disk, if there is any. Without it etcd begins
 * empty, which costs time and nothing else.
 */
export async function restoreEtcd(run: CreateRun, node: NodeSpec, address: string, signal: AbortSignal): Promise<void> {
  if (!run.disks.has(node.name) || !beginsLikeEveryCluster(run.spec, node)) return
  const { kina, sessions } = run
  try {
    const request = { args: [node.name, address], within: kina.deadlines.guestCommand, signal }
    await runInNode(sessions, node.name, restoreProgram, request)
  } catch (error) {
    if (signal.aborted || !(error instanceof KinaError) || error.code !== 'node-command-failed') throw error
    const message = `Begin ${node.name} with an empty etcd: ${[error.message, ...error.seen].join('; ')}`
    kina.report({ kind: 'warning', message })
  }
}

/**
 * What a prepared disk holds for etcd was written by an API server without further options: nothing else may meet it that was told
 * to be otherwise.
 */
function beginsLikeEveryCluster(spec: ClusterSpec, node: NodeSpec): boolean {
  const options = [...Object.keys(spec.featureGates), ...Object.keys(spec.runtimeConfig)]
  const patches = [spec, node].flatMap(({ kubeadmPatches: { merge, json6902 } }) => [...merge, ...json6902])
  return options.length + patches.length === 0
}
