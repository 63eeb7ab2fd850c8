import { applyManifests, untaintControlPlane } from '../../guest/programs.ts'
import { askApiServer } from '../ask-api-server.ts'
import type { Step } from '../../plan/plan.ts'
import { workersOf, type CreateRun } from '../create-run.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

/** The image's CNI and StorageClass are applied, and a control plane without workers takes workloads, as in kind. */
export function installManifests(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: 'install-manifests',
    title: spec.networking.disableDefaultCni ? 'Install StorageClass' : 'Install CNI and StorageClass',
    phase: 'control plane',
    needs,
    async run(run, signal) {
      const within = run.kina.deadlines.manifests
      await askApiServer(run, node.name, applyManifests, { within, signal })
      if (workersOf(spec).length > 0) return
      await askApiServer(run, node.name, untaintControlPlane, { args: [node.name], within, signal })
    },
  }
}
