import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

interface Store {
  readonly tokens: Record<string, string>
  readonly nodes: Record<string, { labels: Record<string, string>; taints: { key: string }[]; podCIDRs: string[] }>
  readonly objects: Record<string, { metadata?: { annotations?: Record<string, string> } }>
}

const file = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: full
nodes:
- role: control-plane
  extraMounts:
  - hostPath: ./shared
    containerPath: /shared
  - hostPath: ./other
    containerPath: /other
    readOnly: true
  extraPortMappings:
  - containerPort: 30080
    protocol: TCP
    listenAddress: 127.0.0.1
  kubeadmConfigPatches:
  - |
    kind: InitConfiguration
    nodeRegistration:
      criSocket: unix:///run/containerd/other.sock
  labels:
    tier: front
- role: worker
networking:
  podSubnet: 10.10.0.0/16
  serviceSubnet: 10.11.0.0/16
  kubeProxyMode: none
  dnsSearch: [a.example, b.example]
featureGates:
  SomeGate: true
runtimeConfig:
  api/all: true
kubeadmConfigPatches:
- |
  apiVersion: kubeadm.k8s.io/v1beta3
  kind: ClusterConfiguration
  apiServer: {extraArgs: {neither: this}}
- |
  kind: ClusterConfiguration
  metadata: {name: config}
  networking: {dnsDomain: patched.local}
kubeadmConfigPatchesJSON6902:
- group: kubeadm.k8s.io
  version: v1beta4
  kind: ClusterConfiguration
  patch: |
    - op: add
      path: /apiServer/certSANs/-
      value: my-api.example
containerdConfigPatches:
- |
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
- |
  version = 9
  [plugins.neither]
    this = 1
containerdConfigPatchesJSON6902:
- '[{"op": "add", "path": "/debug", "value": {"level": "info"}}]'
`

describe('what users of kind get', () => {
  let lab: Lab
  let store: Store
  const inNode = (node: string, path: string): Promise<string> =>
    readFile(`${lab.root}/lab/guests/${node}/root${path}`, 'utf8')
  const readStore = async (node: string): Promise<Store> =>
    JSON.parse(await readFile(`${lab.root}/lab/net/api/${node}.json`, 'utf8')) as Store

  beforeAll(async () => {
    lab = await makeLab()
    await writeFile(`${lab.home}/full.yaml`, file)
    const created = await lab.kina(['create', 'cluster', '--config', 'full.yaml', '--wait', '30s'], {
      env: { HTTPS_PROXY: 'http://me:secret-word@proxy.example:3128', no_proxy: 'corp.example' },
    })
    expect(`${created.exitCode} ${created.exitCode === 0 ? '' : created.stderr}`).toBe('0 ')
    store = await readStore('full-control-plane')
  })
  afterAll(async () => {
    await lab.remove()
  })

  it('the CNI and the default StorageClass of the image, with their templates rendered', () => {
    expect(JSON.stringify(store.objects['DaemonSet/kindnet'])).toContain('10.10.0.0/16')
    expect(JSON.stringify(store.objects['DaemonSet/kindnet'])).toContain('full-control-plane:6443')
    expect(store.objects['StorageClass/standard']?.metadata?.annotations).toEqual({
      'storageclass.kubernetes.io/is-default-class': 'true',
    })
  })

  it('taint and load balancer label stay with workers, and go without', async () => {
    const first = store.nodes['full-control-plane']
    expect(first?.taints.map(({ key }) => key)).toEqual(['node-role.kubernetes.io/control-plane'])
    expect(Object.keys(first?.labels ?? {})).toContain('node.kubernetes.io/exclude-from-external-load-balancers')
    expect((await lab.kina(['create', 'cluster', 'single'])).exitCode).toBe(0)
    const single = (await readStore('single-control-plane')).nodes['single-control-plane']
    expect(single?.taints).toEqual([])
    expect(Object.keys(single?.labels ?? {})).not.toContain('node.kubernetes.io/exclude-from-external-load-balancers')
  })

  it('labels of nodes, pod ranges in order, and a CNI configuration that has them', async () => {
    expect(store.nodes['full-control-plane']?.labels['tier']).toBe('front')
    expect(store.nodes['full-control-plane']?.podCIDRs).toEqual(['10.10.0.0/24'])
    expect(await inNode('full-worker', '/etc/cni/net.d/10-kindnet.conflist')).toContain('10.10.1.0/24')
  })

  it('nothing in the way of what replaces kube-proxy; with it, services before it is there', async () => {
    for (const node of ['full-control-plane', 'full-worker'])
      expect((await lab.container(['exec', node, 'nft', 'list', 'tables'])).stdout).toBe('')
    for (const mode of ['iptables', 'ipvs']) {
      const input = `{kind: Cluster, apiVersion: kind.x-k8s.io/v1alpha4, networking: {kubeProxyMode: ${mode}}}`
      expect((await lab.kina(['create', 'cluster', mode, '--config', '-'], { input })).exitCode).toBe(0)
      const node = `${mode}-control-plane`
      expect((await lab.container(['exec', node, 'nft', 'list', 'tables'])).stdout).toBe('table inet kina\n')
      const rules = (await inNode(node, '/run/lab/nft')).split('\n').filter((line) => line.startsWith('add rule'))
      const [address = ''] = (await inNode(node, '/lab-address')).split(' ')
      const leading = ['prerouting-nat', 'output-nat'].map(
        (chain) => `add rule inet kina ${chain} ip daddr 10.96.0.1 tcp dport 443 dnat ip to ${address}:6443`,
      )
      const rejecting = ['forward', 'output'].map((chain) => `add rule inet kina ${chain} ip daddr 10.96.0.0/16 reject`)
      // ipvs translates behind all that rules of nft could do.
      expect(rules).toEqual([...rejecting, ...(mode === 'ipvs' ? [] : leading)])
    }
  })

  it('patches that match, and none that do not', async () => {
    const config = await inNode('full-control-plane', '/kind/kubeadm.conf')
    expect(config).toContain('dnsDomain: patched.local')
    expect(config).toContain('- my-api.example')
    expect(config).toContain('criSocket: unix:///run/containerd/other.sock')
    expect(config).not.toContain('neither')
    expect(config).not.toContain('metadata')
    expect(await inNode('full-worker', '/kind/kubeadm.conf')).not.toContain('other.sock')
  })

  it("gates, runtime configuration, proxy mode and kind's own settings of kubelet and kube-proxy", async () => {
    const config = await inNode('full-control-plane', '/kind/kubeadm.conf')
    for (const line of [
      'value: SomeGate=true',
      'value: api/all=true',
      '- addon/kube-proxy',
      'cgroupRoot: /kubelet',
      'failSwapOn: false',
      'imageGCHighThresholdPercent: 100',
      'maxPerCore: 0',
      'minSyncPeriod: 1s',
      'serviceSubnet: 10.11.0.0/16',
    ]) {
      expect(config).toContain(line)
    }
    expect(Object.keys(store.objects)).not.toContain('DaemonSet/kube-proxy')
  })

  it("containerd's configuration before it is used, in every node", async () => {
    for (const node of ['full-control-plane', 'full-worker']) {
      const config = await inNode(node, '/etc/containerd/config.toml')
      expect(config).toContain('config_path = "/etc/containerd/certs.d"')
      expect(config).toContain('level = "info"')
      expect(config).not.toContain('neither')
    }
  })

  it('mounts: missing folders are made, readOnly is read-only', async () => {
    await writeFile(`${lab.home}/shared/from-host`, 'hello')
    expect((await lab.kina(['exec', 'full-control-plane', '--', 'cat', '/shared/from-host'])).exitCode).toBe(0)
    expect((await lab.kina(['exec', 'full-control-plane', '--', 'touch', '/other/x'])).exitCode).toBe(1)
  })

  it('ports: the API server on loopback, the others where the file says', async () => {
    const [create = []] = await lab.calls().then((calls) => calls.filter((argv) => argv[0] === 'create'))
    const publish = create.filter((word) => word.startsWith('--publish='))
    expect(publish[0]).toMatch(/^--publish=127\.0\.0\.1:\d+:6443\/tcp$/)
    expect(publish[1]).toMatch(/^--publish=127\.0\.0\.1:\d+:30080\/tcp$/)
  })

  it('proxies: named on the command line, their values only in the environment, NO_PROXY completed', async () => {
    const calls = await lab.calls()
    expect(JSON.stringify(calls)).not.toContain('secret-word')
    expect(calls.find((argv) => argv[0] === 'create')).toContain('--env=HTTPS_PROXY')
    const shown = await lab.container(['inspect', 'full-worker'])
    const [{ configuration }] = JSON.parse(shown.stdout) as [
      { configuration: { initProcess: { environment: string[] } } },
    ]
    const { environment } = configuration.initProcess
    expect(environment).toContain('https_proxy=http://me:secret-word@proxy.example:3128')
    const noProxy =
      environment
        .find((entry) => entry.startsWith('NO_PROXY='))
        ?.slice('NO_PROXY='.length)
        .split(',') ?? []
    for (const part of [
      'corp.example',
      '10.10.0.0/16',
      '10.11.0.0/16',
      '192.168.64.0/24',
      '192.168.64.1',
      'full-control-plane',
      'full-worker',
      '.svc',
    ]) {
      expect(noProxy).toContain(part)
    }
    expect(environment).toContain('KIND_DNS_SEARCH=a.example b.example')
  })

  it('hosts of every node in every node, and a bootstrap token that is gone', async () => {
    for (const node of ['full-control-plane', 'full-worker']) {
      const hosts = await inNode(node, '/etc/hosts')
      expect(hosts).toMatch(/^\d+\.\d+\.\d+\.\d+ full-control-plane$/m)
      expect(hosts).toMatch(/^\d+\.\d+\.\d+\.\d+ full-worker$/m)
    }
    expect(store.tokens).toEqual({})
    expect(await inNode('full-worker', '/run/lab/offloads')).toBe('tso off gso off\n')
  })

  it('every pinned version, v1beta3 up to 1.35 and v1beta4 from 1.36', async () => {
    for (const [version, api] of [
      ['1.35', 'v1beta3'],
      ['1.36', 'v1beta4'],
    ] as const) {
      const { nodeImageFor } = await import('../../src/config/node-images.ts')
      const one = await makeLab({ images: [nodeImageFor(version) ?? ''] })
      try {
        const created = await one.kina(['create', 'cluster', '--kubernetes-version', version])
        expect(`${created.exitCode} ${created.exitCode === 0 ? '' : created.stderr}`).toBe('0 ')
        const config = await readFile(`${one.root}/lab/guests/kina-control-plane/root/kind/kubeadm.conf`, 'utf8')
        expect(config).toContain(`kubeadm.k8s.io/${api}`)
        const key = await readFile(`${one.root}/lab/guests/kina-control-plane/root/etc/kubernetes/pki/ca.key`, 'utf8')
        expect(key).toContain('BEGIN EC PRIVATE KEY')
      } finally {
        await one.remove()
      }
    }
  })

  it('IPv6 and dual stack, on a network that has IPv6', async () => {
    for (const [family, nodeIp] of [
      ['ipv6', /node-ip\n\s+value: fd3c:[0-9a-f:]+\n/],
      ['dual', /node-ip\n\s+value: 192\.168\.64\.\d+,fd3c:[0-9a-f:]+\n/],
    ] as const) {
      const input = `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes: [{}, {role: worker}]\nnetworking: {ipFamily: ${family}}\n`
      const created = await lab.kina(['create', 'cluster', family, '--config', '-'], { input })
      expect(`${created.exitCode} ${created.exitCode === 0 ? '' : created.stderr}`).toBe('0 ')
      expect(await inNode(`${family}-worker`, '/kind/kubeadm.conf')).toMatch(nodeIp)
    }
    const closed = await lab.kina(['create', 'cluster', 'six', '--config', '-'], {
      input: 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {ipFamily: ipv6}\n',
      env: { LAB_MACOS: '15' },
    })
    expect(closed.stderr).toContain('it has no IPv6 address')
    expect(closed.exitCode).toBe(3)
  })
})
