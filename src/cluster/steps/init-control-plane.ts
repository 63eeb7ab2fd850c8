import { defaultCniConfig, firstNodeSubnets } from '../../kubernetes/cni-config.ts'
import { addonsApart, corednsPatch, initConfiguration } from '../../kubernetes/kubeadm-config.ts'
import { applyKubeadmPatches } from '../../kubernetes/patches.ts'
import {
  completeHosts,
  initControlPlane as initProgram,
  rejectUntranslatedServices,
  writeFile,
} from '../../guest/programs.ts'
import type { Step } from '../../plan/plan.ts'
import { runInNode, type CreateRun } from '../create-run.ts'
import { kubeadmInput } from '../kubeadm-input.ts'
import { restoreEtcd } from '../prepared/restore-etcd.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'
import { placeManifests } from './install-manifests.ts'

/** kubeadm init has run in the first control plane, with the whole configuration decided beforehand and no look-up in any network. */
export function initControlPlane(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: `init-control-plane ${node.name}`,
    title: `Start control plane ${node.name}`,
    phase: 'control plane',
    needs,
    async run(run, signal) {
      const { kina, sessions, token } = run
      const facts = await run.facts(node)
      const within = kina.deadlines.guestCommand
      await runInNode(sessions, node.name, completeHosts, {
        stdin: `${facts.address} ${node.name}\n`,
        within,
        signal,
      })
      if (!spec.networking.disableDefaultCni) {
        await writeCniConfig(run, node, firstNodeSubnets(spec.networking.podSubnet), signal)
      }
      await rejectServices(run, node, signal)
      await restoreEtcd(run, node, facts.address, signal)
      await runInNode(sessions, node.name, writeFile, {
        args: [corednsPatch.path, '0644'],
        stdin: corednsPatch.text,
        within,
        signal,
      })
      const config = applyKubeadmPatches(initConfiguration(kubeadmInput(spec, node, facts, token)), [
        spec.kubeadmPatches,
        node.kubeadmPatches,
      ])
      await placeManifests(run, node, signal)
      const { skipped, addons } = addonsApart(config)
      await runInNode(sessions, node.name, initProgram, {
        args: [skipped.join(','), ...addons],
        stdin: config,
        within: kina.deadlines.kubeadmInit,
        signal,
      })
    },
  }
}

/**
 * Traffic to service addresses that kube-proxy does not translate yet is rejected. Where something else is to translate them,
 * nobody knows at which hook it does: there nothing is rejected.
 */
export async function rejectServices(
  { sessions, spec, kina }: CreateRun,
  node: NodeSpec,
  signal: AbortSignal,
): Promise<void> {
  const { kubeProxyMode, serviceSubnet } = spec.networking
  if (kubeProxyMode === 'none') return
  await runInNode(sessions, node.name, rejectUntranslatedServices, {
    args: serviceSubnet.split(','),
    within: kina.deadlines.guestCommand,
    signal,
  })
}

/** The CNI configuration is there before the kubelet looks for it, so that the node is Ready when it registers; kindnetd later writes the same file. */
export async function writeCniConfig(
  run: CreateRun,
  node: NodeSpec,
  podSubnets: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await runInNode(run.sessions, node.name, writeFile, {
    args: ['/etc/cni/net.d/10-kindnet.conflist', '0644'],
    stdin: defaultCniConfig({ subnets: podSubnets }),
    within: run.kina.deadlines.guestCommand,
    signal,
  })
}
