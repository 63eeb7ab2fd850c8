import { completeHosts, earlyServices, readFile, writeFile } from '../guest/programs.ts'
import { defaultCniConfig } from '../kubernetes/cni-config.ts'
import { cniManifest } from '../kubernetes/cni-manifest.ts'
import { corednsPatch } from '../kubernetes/kubeadm-config.ts'
import { apiServiceAddress, firstNodeSubnets } from '../kubernetes/subnets.ts'
import { controlPlaneOf, runInNode, type CreateRun } from './create-run.ts'
import { apiServerPort } from './kubeadm-input.ts'
import { restoreEtcd } from './prepared/restore-etcd.ts'
import type { NodeSpec } from './spec.ts'

const cniPath = '/kind/manifests/default-cni.yaml'
const storagePath = '/kind/manifests/default-storage.yaml'
/** apply-manifests.sh and init-control-plane.sh look for it there. */
const placed = '/run/kina/manifests.yaml'

/** What kubeadm, the kubelet and the first pods find in a node. Nothing of it needs containerd, which starts meanwhile. */
export async function placeBeforeKubeadm(run: CreateRun, node: NodeSpec, signal: AbortSignal): Promise<void> {
  const { kina, sessions, spec } = run
  const first = controlPlaneOf(spec)
  const [its, firsts] = await Promise.all([run.facts(node), run.facts(first)])
  await runInNode(sessions, node.name, completeHosts, {
    stdin: `${[...new Set([`${firsts.address} ${first.name}`, `${its.address} ${node.name}`])].join('\n')}\n`,
    within: kina.deadlines.guestCommand,
    signal,
  })
  await serveEarly(run, node, firsts.address, signal)
  if (node !== first) return
  if (!spec.networking.disableDefaultCni) {
    await writeCniConfig(run, node, firstNodeSubnets(spec.networking.podSubnet), signal)
  }
  await restoreEtcd(run, node, its.address, signal)
  await write(run, node, { path: corednsPatch.path, mode: '0644', text: corednsPatch.text }, signal)
  await placeManifests(run, node, signal)
}

/**
 * Services before kube-proxy is there. Where something else is to translate them, nobody knows at which hook it does: there nothing
 * is done; ipvs translates later than any rule could.
 */
async function serveEarly(
  { sessions, spec, kina }: CreateRun,
  node: NodeSpec,
  apiServer: string,
  signal: AbortSignal,
): Promise<void> {
  const { kubeProxyMode, serviceSubnet } = spec.networking
  if (kubeProxyMode === 'none') return
  const leading = kubeProxyMode === 'ipvs' ? [] : [apiServiceAddress(serviceSubnet), apiServer]
  await runInNode(sessions, node.name, earlyServices, {
    args: [serviceSubnet, ...leading],
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
  const text = defaultCniConfig({ subnets: podSubnets })
  await write(run, node, { path: '/etc/cni/net.d/10-kindnet.conflist', mode: '0644', text }, signal)
}

/** What `install-manifests` applies is there before the API server is, so that it can be applied at the first moment. */
async function placeManifests(run: CreateRun, node: NodeSpec, signal: AbortSignal): Promise<void> {
  const { kina, sessions, spec } = run
  const read = (path: string): Promise<string> =>
    runInNode(sessions, node.name, readFile, { args: [path], within: kina.deadlines.guestCommand, signal })
  const manifests = [await read(storagePath)]
  if (!spec.networking.disableDefaultCni) {
    const { podSubnet } = spec.networking
    manifests.unshift(
      cniManifest(await read(cniPath), { podSubnet, controlPlaneEndpoint: `${node.name}:${apiServerPort}` }),
    )
  }
  await write(run, node, { path: placed, mode: '0600', text: manifests.join('\n---\n') }, signal)
}

async function write(
  { sessions, kina }: CreateRun,
  node: NodeSpec,
  { path, mode, text }: { readonly path: string; readonly mode: string; readonly text: string },
  signal: AbortSignal,
): Promise<void> {
  await runInNode(sessions, node.name, writeFile, {
    args: [path, mode],
    stdin: text,
    within: kina.deadlines.guestCommand,
    signal,
  })
}
