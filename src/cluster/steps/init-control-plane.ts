import { addonsApart, initConfiguration } from '../../kubernetes/kubeadm-config.ts'
import { applyKubeadmPatches } from '../../kubernetes/patches.ts'
import { initControlPlane as initProgram } from '../../guest/programs.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import { kubeadmInput } from '../kubeadm-input.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

/** kubeadm init has run in the first control plane, with the whole configuration decided beforehand and no look-up in any network. */
export function initControlPlane(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: `init-control-plane ${node.name}`,
    title: `Start control plane ${node.name}`,
    phase: 'control plane',
    needs,
    async run(run, signal) {
      const facts = await run.facts(node)
      const config = applyKubeadmPatches(initConfiguration(kubeadmInput(spec, node, facts, run.token)), [
        spec.kubeadmPatches,
        node.kubeadmPatches,
      ])
      const { skipped, addons } = addonsApart(config)
      await runInNode(run.sessions, node.name, initProgram, {
        args: [skipped.join(','), ...addons],
        stdin: config,
        within: run.kina.deadlines.kubeadmInit,
        signal,
      })
    },
  }
}
