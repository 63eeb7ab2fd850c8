import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import {
  addonsApart,
  corednsPatch,
  initConfiguration,
  joinConfiguration,
  kubeadmApi,
  type KubeadmInput,
} from '../../../src/kubernetes/kubeadm-config.ts'
import { failureOf } from '../../support/failure-of.ts'

const input: KubeadmInput = {
  kubernetesVersion: 'v1.35.5',
  clusterName: 'dev',
  controlPlaneEndpoint: 'dev-control-plane:6443',
  certSans: ['localhost', '127.0.0.1', 'dev-control-plane'],
  token: 'abcdef.0123456789abcdef',
  nodeName: 'dev-control-plane',
  nodeAddress: '192.168.64.2',
  nodeAddresses: '192.168.64.2',
  bindPort: 6443,
  nodeLabels: {},
  providerId: 'kina://apple-container/dev/dev-control-plane',
  podSubnet: '10.244.0.0/16',
  serviceSubnet: '10.96.0.0/16',
  ipFamily: 'ipv4',
  kubeProxyMode: 'iptables',
  takesWorkloads: false,
  featureGates: {},
  runtimeConfig: {},
}

type Documents = Readonly<Record<string, Readonly<Record<string, unknown>>>>

function byKind(text: string): Documents {
  return Object.fromEntries(
    parseAllDocuments(text).map((document) => {
      const value = document.toJS() as Record<string, unknown>
      return [String(value['kind']), value]
    }),
  )
}

const init = (changes: Partial<KubeadmInput> = {}): Documents => byKind(initConfiguration({ ...input, ...changes }))

describe('addons are made apart from the rest of kubeadm init', () => {
  const apart = (skipPhases: readonly string[]): ReturnType<typeof addonsApart> =>
    addonsApart(`kind: ClusterConfiguration\n---\nkind: InitConfiguration\nskipPhases: ${JSON.stringify(skipPhases)}\n`)
  it('all of them, unless a phase is to be skipped anyway', () => {
    expect(addonsApart(initConfiguration(input))).toEqual({
      skipped: ['preflight', 'addon'],
      addons: ['kube-proxy', 'coredns'],
    })
    expect(apart(['addon/kube-proxy'])).toEqual({ skipped: ['addon/kube-proxy', 'addon'], addons: ['coredns'] })
    expect(apart(['preflight', 'addon'])).toEqual({ skipped: ['preflight', 'addon'], addons: [] })
  })
  it('where a patch has left no list at all', () => {
    expect(addonsApart('kind: InitConfiguration\n').skipped).toEqual(['addon'])
  })
})

describe('a control plane gets no taint', () => {
  it('where it takes workloads; where it does not, kubeadm decides', () => {
    expect(init({ takesWorkloads: true }).InitConfiguration).toMatchObject({ nodeRegistration: { taints: [] } })
    expect(Object.keys(init().InitConfiguration?.['nodeRegistration'] as object)).not.toContain('taints')
  })
})

describe('the version of the API follows kind, so that patches fit both tools', () => {
  for (const [version, api] of [
    ['v1.23.0', 'v1beta3'],
    ['v1.35.8', 'v1beta3'],
    ['1.35', 'v1beta3'],
    ['v1.36.0', 'v1beta4'],
    ['v1.37.0-rc.1', 'v1beta4'],
    ['v2.0.0', 'v1beta4'],
  ] as const) {
    it(`${version}: ${api}`, () => expect(kubeadmApi(version)).toBe(api))
  }
  it('refuses what is older than 1.23', async () => {
    const error = await failureOf(() => kubeadmApi('v1.22.17'))
    expect([error.code, error.message]).toEqual([
      'invalid-config',
      'Cannot set up Kubernetes v1.22.17: the oldest is v1.23',
    ])
  })
  it('refuses what is no version', async () => {
    expect((await failureOf(() => kubeadmApi('latest'))).code).toBe('unexpected-answer')
  })
})

describe('kubeadm init', () => {
  it('has four documents: cluster, init, kubelet and kube-proxy', () => {
    expect(Object.entries(init()).map(([kind, { apiVersion }]) => `${apiVersion} ${kind}`)).toEqual([
      'kubeadm.k8s.io/v1beta3 ClusterConfiguration',
      'kubeadm.k8s.io/v1beta3 InitConfiguration',
      'kubelet.config.k8s.io/v1beta1 KubeletConfiguration',
      'kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration',
    ])
  })

  it('names hosts where an address would be gone with the next start', () => {
    const { ClusterConfiguration, InitConfiguration } = init()
    expect(ClusterConfiguration).toMatchObject({
      kubernetesVersion: 'v1.35.5',
      clusterName: 'dev',
      controlPlaneEndpoint: 'dev-control-plane:6443',
      apiServer: { certSANs: ['localhost', '127.0.0.1', 'dev-control-plane'] },
      networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/16' },
    })
    expect(InitConfiguration).toMatchObject({
      nodeRegistration: { name: 'dev-control-plane', criSocket: 'unix:///run/containerd/containerd.sock' },
      localAPIEndpoint: { advertiseAddress: '192.168.64.2', bindPort: 6443 },
      bootstrapTokens: [{ token: 'abcdef.0123456789abcdef', ttl: '1h0m0s' }],
      skipPhases: ['preflight'],
    })
  })

  it('makes ECDSA keys in the way of each API', () => {
    expect(init().ClusterConfiguration).toMatchObject({ featureGates: { PublicKeysECDSA: true } })
    const newer = init({ kubernetesVersion: 'v1.37.0' }).ClusterConfiguration
    expect(newer).toMatchObject({ encryptionAlgorithm: 'ECDSA-P256' })
    expect(newer?.['featureGates']).toBe(undefined)
  })

  it('gives the API server of a busy machine its time, where the API can say so', () => {
    expect(init({ kubernetesVersion: 'v1.37.0' }).InitConfiguration).toMatchObject({
      timeouts: { kubernetesAPICall: '4m0s' },
    })
    expect(init().InitConfiguration?.['timeouts']).toBe(undefined)
  })

  it('has arguments as a map in v1beta3, as a list in v1beta4', () => {
    expect(init({ runtimeConfig: { 'api/alpha': 'false' } }).ClusterConfiguration).toMatchObject({
      apiServer: { extraArgs: { 'runtime-config': 'api/alpha=false' } },
      controllerManager: { extraArgs: { 'enable-hostpath-provisioner': 'true' } },
    })
    expect(
      init({ kubernetesVersion: 'v1.37.0', runtimeConfig: { 'api/alpha': 'false' } }).ClusterConfiguration,
    ).toMatchObject({ apiServer: { extraArgs: [{ name: 'runtime-config', value: 'api/alpha=false' }] } })
  })

  it('gives feature gates to every component, in an order that does not depend on how they were written', () => {
    const { ClusterConfiguration, KubeletConfiguration, KubeProxyConfiguration } = init({
      featureGates: { Zebra: false, Ant: true },
    })
    const gates = { extraArgs: { 'feature-gates': 'Ant=true,Zebra=false' } }
    expect(ClusterConfiguration).toMatchObject({ apiServer: gates, controllerManager: gates, scheduler: gates })
    expect(KubeletConfiguration?.['featureGates']).toEqual({ Zebra: false, Ant: true })
    expect(KubeProxyConfiguration?.['featureGates']).toEqual({ Zebra: false, Ant: true })
  })

  it('labels the node and says where it is', () => {
    expect(init({ nodeLabels: { tier: 'one', zone: 'a' }, nodeAddresses: '192.168.64.2,fd00::2' })).toMatchObject({
      InitConfiguration: {
        nodeRegistration: {
          kubeletExtraArgs: {
            'node-ip': '192.168.64.2,fd00::2',
            'provider-id': 'kina://apple-container/dev/dev-control-plane',
            'node-labels': 'tier=one,zone=a',
          },
        },
      },
    })
  })

  it("has kind's settings of the kubelet: neither eviction nor collection because a Mac's disk is full", () => {
    expect(init().KubeletConfiguration).toMatchObject({
      cgroupDriver: 'systemd',
      cgroupRoot: '/kubelet',
      failSwapOn: false,
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    })
  })

  it("has kind's settings of kube-proxy, and leaves it out when nobody wants it", () => {
    expect(init({ kubeProxyMode: 'nftables' }).KubeProxyConfiguration).toMatchObject({
      mode: 'nftables',
      conntrack: { maxPerCore: 0 },
    })
    const none = init({ kubeProxyMode: 'none' })
    expect(none.InitConfiguration?.['skipPhases']).toEqual(['preflight', 'addon/kube-proxy'])
    expect(none.KubeProxyConfiguration?.['mode']).toBe(undefined)
  })

  it("asks for CoreDNS's readiness every second, by a patch that kubeadm reads", () => {
    expect(init().InitConfiguration?.['patches']).toEqual({ directory: '/kind/patches' })
    expect(corednsPatch.path).toBe('/kind/patches/corednsdeployment+strategic.yaml')
    expect(parse(corednsPatch.text)).toEqual({
      spec: { template: { spec: { containers: [{ name: 'coredns', readinessProbe: { periodSeconds: 1 } }] } } },
    })
  })

  it('listens on IPv6 where the cluster is IPv6 alone', () => {
    const anyAddress = { extraArgs: { 'bind-address': '::' } }
    expect(init({ ipFamily: 'ipv6' }).ClusterConfiguration).toMatchObject({
      controllerManager: anyAddress,
      scheduler: anyAddress,
    })
  })
})

describe('kubeadm join', () => {
  it('verifies the CA and joins by host name', () => {
    const { JoinConfiguration, ...others } = byKind(
      joinConfiguration({ ...input, nodeName: 'dev-worker', caCertHash: 'sha256:0123' }),
    )
    expect(JoinConfiguration).toMatchObject({
      apiVersion: 'kubeadm.k8s.io/v1beta3',
      discovery: {
        bootstrapToken: {
          apiServerEndpoint: 'dev-control-plane:6443',
          token: 'abcdef.0123456789abcdef',
          caCertHashes: ['sha256:0123'],
        },
      },
      nodeRegistration: { name: 'dev-worker' },
    })
    expect(Object.keys(others)).toEqual(['KubeletConfiguration', 'KubeProxyConfiguration'])
  })
})
