import { applyManifests, readFile, untaintControlPlane, writeFile } from '../../guest/programs.ts'
import { cniManifest } from '../../kubernetes/cni-manifest.ts'
import { askApiServer } from '../ask-api-server.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, workersOf, type CreateRun } from '../create-run.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'
import { apiServerPort } from './create-node.ts'

const cniPath = '/kind/manifests/default-cni.yaml'
const storagePath = '/kind/manifests/default-storage.yaml'
/** apply-manifests.sh and init-control-plane.sh look for it there. */
const placed = '/run/kina/manifests.yaml'

/**
 * What `installManifests` applies is put where the node finds it before its API server is there, so that it can be applied at the
 * first moment.
 */
export async function placeManifests(
  { kina, sessions, spec }: CreateRun,
  node: NodeSpec,
  signal: AbortSignal,
): Promise<void> {
  const within = kina.deadlines.guestCommand
  const read = (path: string): Promise<string> =>
    runInNode(sessions, node.name, readFile, { args: [path], within, signal })
  const manifests = [await read(storagePath)]
  if (!spec.networking.disableDefaultCni) {
    const { podSubnet } = spec.networking
    manifests.unshift(
      cniManifest(await read(cniPath), { podSubnet, controlPlaneEndpoint: `${node.name}:${apiServerPort}` }),
    )
  }
  const stdin = manifests.join('\n---\n')
  await runInNode(sessions, node.name, writeFile, { args: [placed, '0600'], stdin, within, signal })
}

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
