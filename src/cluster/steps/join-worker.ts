import { KinaError } from '../../errors.ts'
import { forgetNode, joinNode, nodePodCidr, readFile } from '../../guest/programs.ts'
import { caCertificateHash } from '../../kubernetes/ca-hash.ts'
import { joinConfiguration } from '../../kubernetes/kubeadm-config.ts'
import { applyKubeadmPatches } from '../../kubernetes/patches.ts'
import { skipped, type Step } from '../../plan/plan.ts'
import { askApiServer } from '../ask-api-server.ts'
import { writeCniConfig } from '../before-kubeadm.ts'
import { controlPlaneOf, runInNode, type CreateRun } from '../create-run.ts'
import { kubeadmInput } from '../kubeadm-input.ts'
import type { ClusterSpec, NodeSpec } from '../spec.ts'

/** The worker has joined, having checked the cluster's CA, and its CNI configuration follows the range that it was given. */
export function joinWorker(spec: ClusterSpec, node: NodeSpec, needs: readonly string[]): Step<CreateRun> {
  return {
    id: `join-worker ${node.name}`,
    title: `Join ${node.name}`,
    phase: 'workers',
    needs,
    async run(run, signal) {
      try {
        await join(run, spec, node, signal)
      } catch (error) {
        if (!spec.allowDegraded || signal.aborted || !(error instanceof KinaError)) throw error
        run.missing.set(node.name, error.message)
        run.kina.report({
          kind: 'warning',
          message: `Go on without ${node.name}: ${error.message}`,
          hint: `See "kina status ${spec.name}"`,
        })
        return skipped('given up, the cluster is degraded')
      }
    },
  }
}

async function join(run: CreateRun, spec: ClusterSpec, node: NodeSpec, signal: AbortSignal): Promise<void> {
  const { sessions, kina } = run
  const within = kina.deadlines.guestCommand
  const controlPlane = controlPlaneOf(spec)
  const facts = await run.facts(node)
  const ca = await runInNode(sessions, controlPlane.name, readFile, {
    args: ['/etc/kubernetes/pki/ca.crt'],
    within,
    signal,
  })
  const config = applyKubeadmPatches(
    joinConfiguration({ ...kubeadmInput(spec, node, facts, run.token), caCertHash: caCertificateHash(ca) }),
    [spec.kubeadmPatches, node.kubeadmPatches],
  )
  const joining = { stdin: config, within: kina.deadlines.kubeadmJoin, signal }
  try {
    await runInNode(sessions, node.name, joinNode, joining)
  } catch (error) {
    if (!isThereAlready(error)) throw error
    await askApiServer(run, controlPlane.name, forgetNode, {
      args: [node.name],
      within: kina.deadlines.manifests,
      signal,
    })
    await runInNode(sessions, node.name, joinNode, joining)
  }
  if (spec.networking.disableDefaultCni) return
  const podCidr = await runInNode(sessions, controlPlane.name, nodePodCidr, {
    args: [node.name],
    within: kina.deadlines.manifests,
    signal,
  })
  await writeCniConfig(run, node, podCidr.trim().split(','), signal)
}

/** Of a join that was interrupted once the kubelet had registered: kubeadm never takes over a node that is Ready. */
function isThereAlready(error: unknown): boolean {
  return error instanceof KinaError && error.seen.some((line) => /a Node with name .* already exists/.test(line))
}
