import { patchContainerdConfig } from '../../kubernetes/containerd-config.ts'
import type { Step } from '../../plan/plan.ts'
import { configureContainerd, readFile } from '../../guest/programs.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

const containerdConfig = '/etc/containerd/config.toml'

/** systemd is up, the kernel is fit, offloads are off, the kubelet is held back, containerd is patched where the user asked for it. */
export function prepareNode(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: `prepare-node ${node.name}`,
    title: `Prepare ${node.name}`,
    phase: 'nodes',
    needs,
    async run(run, signal) {
      await run.facts(node)
      if (spec.containerdPatches.length + spec.containerdPatchesJson6902.length === 0) return
      const within = run.kina.deadlines.guestCommand
      const before = await runInNode(run.sessions, node.name, readFile, { args: [containerdConfig], within, signal })
      const after = patchContainerdConfig(before, spec.containerdPatches, spec.containerdPatchesJson6902)
      await runInNode(run.sessions, node.name, configureContainerd, { stdin: after, within, signal })
    },
  }
}
