import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '../lab/simulated/guest/cluster-store.ts'
import type { Lab } from './cluster-fixture.ts'

/** What a simulated cluster must look like when its create has ended: node programs leave these traces. */
export interface WantedCluster {
  readonly controlPlane: string
  readonly workers: readonly string[]
  readonly serviceSubnets: readonly string[]
  /** Address of the API server as a service. */
  readonly apiService: string
  /** In containerd's configuration. */
  readonly containerd: string
  /** Whether the manifests were to be applied while kubeadm went on, or only after it. */
  readonly manifests?: 'early' | 'late'
}

const tainted = 'node-role.kubernetes.io/control-plane'
const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** What is not as it must be, a line each: read from the disks of the guests and from the store of the API server. */
export function guestFindings(lab: Lab, wanted: WantedCluster): readonly string[] {
  const nodes = [wanted.controlPlane, ...wanted.workers]
  const store = readStore(lab, wanted.controlPlane)
  return [
    ...nodes.flatMap((node) => nodeFindings(lab, node, nodes, store, wanted).map((line) => `${node}: ${line}`)),
    ...storeFindings(store, wanted),
  ]
}

export function readStore(lab: Lab, controlPlane: string): Store {
  return JSON.parse(readFileSync(join(lab.root, 'lab/net/api', `${controlPlane}.json`), 'utf8')) as Store
}

function nodeFindings(
  lab: Lab,
  node: string,
  nodes: readonly string[],
  store: Store,
  { controlPlane, serviceSubnets, apiService, containerd, manifests = 'early' }: WantedCluster,
): readonly string[] {
  const root = join(lab.root, 'lab/guests', node, 'root')
  const found: string[] = []
  const check = (isGood: boolean, line: string): void => void (isGood || found.push(line))
  const read = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '')
  const mode = (path: string): number => (existsSync(join(root, path)) ? statSync(join(root, path)).mode & 0o777 : 0)
  const isFirst = node === controlPlane

  const hosts = read('etc/hosts')
  const block = nodes.map((name) => `${store.nodes[name]?.address} ${name}`).join('\n')
  check(hosts.includes(`# kina: nodes of this cluster\n${block}\n# kina: end\n`), `hosts lack the nodes:\n${hosts}`)
  check(hosts.split('# kina: end').length === 2 && hosts.startsWith('127.0.0.1 localhost\n'), `hosts:\n${hosts}`)
  check(existsSync(join(root, 'run/kina/hosts-complete')), 'hosts are not said to be complete')
  const dropin = 'kubelet.service.d/20-kina-hosts.conf'
  const condition = '[Unit]\nConditionPathExists=/run/kina/hosts-complete\n'
  check(read(`etc/systemd/system/${dropin}`) === condition, 'the kubelet is not held back at a boot')
  check(read(`run/lab/units/${dropin}`) === condition, 'systemd has not loaded what holds the kubelet back')
  check(read('run/lab/offloads') === 'tso off gso off\n', `offloads: ${read('run/lab/offloads')}`)
  check(existsSync(join(root, 'run/lab/rshared')), '/ is not a shared mount')

  const nft = read('run/lab/nft').split('\n')
  const chains = [
    ...['forward', 'output'].map((hook) => `${hook} { type filter hook ${hook} priority filter ; }`),
    ...['prerouting', 'output'].map((hook) => `${hook}-nat { type nat hook ${hook} priority -90 ; }`),
  ].map((chain) => `add chain inet kina ${chain}`)
  check(
    chains.every((chain) => nft.includes(chain)),
    `nft:\n${nft.join('\n')}`,
  )
  const rejecting = serviceSubnets.map((cidr) => `${cidr.includes(':') ? 'ip6' : 'ip'} daddr ${cidr} reject`)
  const leading = `ip daddr ${apiService} tcp dport 443 dnat ip to ${store.nodes[controlPlane]?.address}:6443`
  const rules = [
    ...['forward', 'output'].flatMap((chain) => rejecting.map((rule) => `${chain} ${rule}`)),
    ...['prerouting-nat', 'output-nat'].map((chain) => `${chain} ${leading}`),
  ].map((rule) => `add rule inet kina ${rule}`)
  const kept = nft.filter((line) => line.startsWith('add rule'))
  check(kept.join('\n') === rules.join('\n'), `rules of nft:\n${kept.join('\n')}`)

  check(mode('etc/cni/net.d/10-kindnet.conflist') === 0o644, 'mode of the CNI configuration')
  check(read('etc/containerd/config.toml').includes(containerd), 'containerd was not patched')
  check(mode('etc/containerd/config.toml') === 0o644, "mode of containerd's configuration")
  check(read('run/lab/containerd.config').includes(containerd), 'containerd does not run with the patch')
  // One at the boot.
  check(read('var/log/lab/reloads') === 'reload\nreload\n', 'systemd has not read its units once more')
  check(read('var/log/lab/restarts') === 'containerd\n', `containerd was restarted: ${read('var/log/lab/restarts')}`)
  check(mode('kind/kubeadm.conf') === 0o600, `mode of kubeadm's configuration`)
  const verb = isFirst ? 'init' : 'join'
  check(existsSync(join(root, `var/lib/kina/${verb}-done`)), `kubeadm ${verb} is not noted as done`)
  check(mode(`var/log/kina/kubeadm-${verb}.log`) === 0o600, `mode of the log of kubeadm ${verb}`)
  const runs = read('var/log/lab/kubeadm-runs')
  check(runs.match(new RegExp(`^${verb} begin`, 'gm'))?.length === 1, `kubeadm did not run once:\n${runs}`)
  if (isFirst) {
    // While kubeadm went on, and not after it.
    const addons = [...runs.matchAll(/^phase addon (\S+) begin/gm)].map(([, addon]) => addon)
    check(addons.join() === 'kube-proxy,coredns', `addons:\n${runs}`)
    check(runs.indexOf('phase addon') < runs.indexOf(`${verb} done`), `addons were not made early:\n${runs}`)
    check(read('var/log/lab/applied').match(/\n/g)?.length === 1, `applied: ${read('var/log/lab/applied')}`)
    check(mode('var/log/kina/kubeadm-addons.log') === 0o600, 'mode of the log of addons')
    const isEarly = existsSync(join(root, 'var/log/kina/manifests.log'))
    check(isEarly === (manifests === 'early'), `manifests were not applied ${manifests}`)
    check(read('var/log/kina/manifests.log') === '', `manifests: ${read('var/log/kina/manifests.log')}`)
    check(existsSync(join(root, 'run/kina/manifests.yaml.applied')), 'manifests are not put aside')
    check(/^\{.*"run".*\}\n$/.test(read('kind/kina-created')), `marker: ${read('kind/kina-created')}`)
    check(mode('kind/patches/corednsdeployment+strategic.yaml') === 0o644, 'mode of patches')
  }
  for (const folder of [
    'etc/cni/net.d',
    'etc/containerd',
    'var/lib/kina',
    'kind',
    'kind/patches',
    'var/lib/kina/session',
  ]) {
    const left = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []
    check(
      !left.some((name) => /\.(new|\w{6})$/.test(name) && !/\.(config|scratch)$/.test(name)),
      `${folder}: ${left.join(', ')}`,
    )
  }
  return found
}

function storeFindings(store: Store, { controlPlane, workers }: WantedCluster): readonly string[] {
  const found: string[] = []
  const check = (isGood: boolean, line: string): void => void (isGood || found.push(line))
  check(Object.keys(store.tokens).length === 0, 'the bootstrap token is left')
  check('DaemonSet/kindnet' in store.objects && 'StorageClass/standard' in store.objects, 'manifests were not applied')
  const first = store.nodes[controlPlane]
  const isAlone = workers.length === 0
  check(first?.taints.some(({ key }) => key === tainted) === !isAlone, `taints: ${JSON.stringify(first?.taints)}`)
  check(first !== undefined && excluded in first.labels === !isAlone, `labels: ${JSON.stringify(first?.labels)}`)
  return found
}
