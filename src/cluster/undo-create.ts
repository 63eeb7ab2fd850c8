import type { Event } from '../plan/events.ts'
import type { CreateRun } from './create-run.ts'
import { leaveKubeconfigs } from './enter-kubeconfig.ts'
import { saveEvidence } from './evidence.ts'
import type { Kina } from './kina.ts'
import { nodesThat, removeNodes } from './remove-nodes.ts'

/**
 * Takes back a create that failed or was interrupted: evidence first, then everything that carries this run's label,
 * never anything found by the cluster's name. Runs after the command's own signal was aborted, under its own deadline.
 */
export async function undoCreate(kina: Kina, run: CreateRun, events: readonly Event[]): Promise<void> {
  const { apple, spec } = run
  const belongs = (its: { readonly run: string }): boolean => its.run === kina.run
  const evidence = AbortSignal.timeout(kina.deadlines.evidence)
  const found = await nodesThat(apple, belongs, evidence)
  try {
    kina.report({ kind: 'evidence-saved', folder: await saveEvidence(kina, apple, spec.name, found, events) })
  } catch (error) {
    // A full disk, most likely: all the more reason to remove what fills it.
    const reason = error instanceof Error ? error.message : String(error)
    kina.report({ kind: 'warning', message: `Cannot save the evidence of the failure: ${reason}` })
  }

  const signal = AbortSignal.timeout(kina.deadlines.undo)
  await removeNodes(kina, apple, { nodes: found, belongs, afterLateWork: true, signal })
  if (run.wroteKubeconfig) await leaveKubeconfigs(kina, spec.name, run.kubeconfigPath)
}
