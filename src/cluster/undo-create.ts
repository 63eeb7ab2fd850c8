import type { AppleContainer } from '../apple-container/apple-container.ts'
import type { Event } from '../plan/events.ts'
import type { CreateRun } from './create-run.ts'
import { removeNodes } from './delete-cluster.ts'
import { leaveKubeconfigs } from './enter-kubeconfig.ts'
import { saveEvidence } from './evidence.ts'
import { clustersAmong, type NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'

/**
 * Takes back a create that failed or was interrupted: evidence first, then everything that carries this run's label,
 * never anything found by the cluster's name. Runs after the command's own signal was aborted, under its own deadlines.
 */
export async function undoCreate(kina: Kina, run: CreateRun, events: readonly Event[]): Promise<void> {
  const { apple, spec } = run
  const nodes = await nodesOfRun(apple, kina.run)
  if (nodes.length > 0) {
    const folder = await saveEvidence(kina, apple, spec.name, nodes, events)
    kina.report({ kind: 'evidence-saved', folder })
  }
  await removeNodes(kina, apple, nodes, (node) => node.run === kina.run, true)
  if (run.wroteKubeconfig) await leaveKubeconfigs(kina, spec.contextName, run.kubeconfigPath)
}

async function nodesOfRun(apple: AppleContainer, run: string): Promise<readonly NodeRecord[]> {
  return clustersAmong(await apple.list())
    .flatMap(({ nodes }) => nodes)
    .filter((node) => node.run === run)
}
