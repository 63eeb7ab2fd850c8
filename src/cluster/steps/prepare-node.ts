import { patchContainerdConfig } from '../../kubernetes/containerd-config.ts'
import type { Step } from '../../plan/plan.ts'
import { awaitContainerd, configureContainerd, readFile } from '../../guest/programs.ts'
import { placeBeforeKubeadm } from '../before-kubeadm.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

const containerdConfig = '/etc/containerd/config.toml'

/**
 * The kernel is fit, offloads are off, the kubelet is held back, what kubeadm is to find is in its place, containerd answers and is
 * patched where the user asked for it.
 */
export function prepareNode(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: `prepare-node ${node.name}`,
    title: `Prepare ${node.name}`,
    phase: 'nodes',
    needs,
    async run(run, signal) {
      await placeBeforeKubeadm(run, node, signal)
      const { sessions } = run
      const { guestCommand: within, nodeReadyForKubeadm } = run.kina.deadlines
      await runInNode(sessions, node.name, awaitContainerd, { within: nodeReadyForKubeadm, signal })
      if (spec.containerdPatches.length + spec.containerdPatchesJson6902.length === 0) return
      const before = await runInNode(sessions, node.name, readFile, { args: [containerdConfig], within, signal })
      const after = patchContainerdConfig(before, spec.containerdPatches, spec.containerdPatchesJson6902)
      await runInNode(sessions, node.name, configureContainerd, { stdin: after, within, signal })
      await runInNode(sessions, node.name, awaitContainerd, { within, signal })
    },
  }
}
