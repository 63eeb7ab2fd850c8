import { applyManifests, readFile, untaintControlPlane } from '../../guest/programs.ts'
import { cniManifest } from '../../kubernetes/cni-manifest.ts'
import { askApiServer } from '../ask-api-server.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, workersOf, type CreateRun } from '../create-run.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'
import { apiServerPort } from './create-node.ts'

const cniPath = '/kind/manifests/default-cni.yaml'
const storagePath = '/kind/manifests/default-storage.yaml'

/** The image's CNI and StorageClass are applied, and a control plane without workers takes workloads, as in kind. */
export function installManifests(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  const withCni = !spec.networking.disableDefaultCni
  return {
    id: 'install-manifests',
    title: withCni ? 'Install CNI and StorageClass' : 'Install StorageClass',
    phase: 'control plane',
    needs,
    async run(run, signal) {
      const { kina, sessions } = run
      const within = kina.deadlines.guestCommand
      const read = (path: string): Promise<string> =>
        runInNode(sessions, node.name, readFile, { args: [path], within, signal })
      const manifests: string[] = []
      if (withCni) {
        manifests.push(
          cniManifest(await read(cniPath), {
            podSubnet: spec.networking.podSubnet,
            controlPlaneEndpoint: `${node.name}:${apiServerPort}`,
          }),
        )
      }
      manifests.push(await read(storagePath))
      await askApiServer(run, node.name, applyManifests, {
        stdin: manifests.join('\n---\n'),
        within: kina.deadlines.manifests,
        signal,
      })
      if (workersOf(spec).length === 0) {
        await askApiServer(run, node.name, untaintControlPlane, {
          args: [node.name],
          within: kina.deadlines.manifests,
          signal,
        })
      }
    },
  }
}
