import { parseAllDocuments, stringify } from 'yaml'
import { KinaError } from '../errors.ts'

/** What kubeadm's configuration of a node is made from. */
export interface KubeadmInput {
  /** `v1.35.5`, from the node's own image; it also chooses the version of kubeadm's API. */
  readonly kubernetesVersion: string
  readonly clusterName: string
  /** Host name and port. */
  readonly controlPlaneEndpoint: string
  readonly certSans: readonly string[]
  readonly token: string
  readonly nodeName: string
  readonly nodeAddress: string
  /** The same for the kubelet: in dual stack one of each family, joined by a comma. */
  readonly nodeAddresses: string
  readonly bindPort: number
  readonly nodeLabels: Readonly<Record<string, string>>
  readonly providerId: string
  readonly podSubnet: string
  readonly serviceSubnet: string
  readonly ipFamily: 'ipv4' | 'ipv6' | 'dual'
  readonly kubeProxyMode: 'iptables' | 'ipvs' | 'nftables' | 'none'
  /** Whether the control plane takes workloads, as where there are no workers. */
  readonly takesWorkloads: boolean
  readonly featureGates: Readonly<Record<string, boolean>>
  readonly runtimeConfig: Readonly<Record<string, string>>
}

export interface JoinInput extends KubeadmInput {
  /** `sha256:…` of the CA's public key. */
  readonly caCertHash: string
}

type KubeadmApi = 'v1beta3' | 'v1beta4'

/** Alive for the joins of one create; deleted after the last. */
const tokenTtl = '1h0m0s'

/**
 * kind's cut-offs, so that users' patches of extraArgs (a map in v1beta3, a list in v1beta4) fit both tools.
 * @throws KinaError `invalid-config` below 1.23, whose API kina does not write.
 */
export function kubeadmApi(kubernetesVersion: string): KubeadmApi {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(kubernetesVersion) ?? []
  if (major === undefined || minor === undefined) {
    throw new KinaError(
      'unexpected-answer',
      `Cannot read the Kubernetes version "${kubernetesVersion}" of the node image`,
    )
  }
  if (Number(major) > 1 || Number(minor) >= 36) return 'v1beta4'
  if (Number(minor) >= 23) return 'v1beta3'
  throw new KinaError('invalid-config', `Cannot set up Kubernetes ${kubernetesVersion}: the oldest is v1.23`, {
    hint: 'Choose a newer node image with --image or --kubernetes-version',
  })
}

/** Where kubeadm finds patches for what it makes itself. A user's own `patches.directory` takes its place. */
const patchesFolder = '/kind/patches'

/**
 * CoreDNS serves seconds before anybody is told: kubeadm has its readiness asked every 10 s. Releases before 1.31 do not know this
 * target and go on without it.
 */
export const corednsPatch = {
  path: `${patchesFolder}/corednsdeployment+strategic.yaml`,
  text: stringify({
    spec: { template: { spec: { containers: [{ name: 'coredns', readinessProbe: { periodSeconds: 1 } }] } } },
  }),
} as const

/**
 * Before kubeadm waits for the API server, for 4 minutes, it makes an administrator through it, for which it gives itself one: on a
 * busy machine the API server needs longer to come up. v1beta3 cannot say this.
 */
const timeouts = { kubernetesAPICall: '4m0s' } as const

/** Documents for `kubeadm init --config`. */
export function initConfiguration(input: KubeadmInput): string {
  const api = kubeadmApi(input.kubernetesVersion)
  return documents([
    clusterConfiguration(input, api),
    {
      ...header(api, 'InitConfiguration'),
      bootstrapTokens: [{ token: input.token, ttl: tokenTtl }],
      localAPIEndpoint: { advertiseAddress: input.nodeAddress, bindPort: input.bindPort },
      nodeRegistration: { ...nodeRegistration(input, api), ...(input.takesWorkloads ? { taints: [] } : {}) },
      patches: { directory: patchesFolder },
      ...(api === 'v1beta4' ? { timeouts } : {}),
      skipPhases: ['preflight', ...(input.kubeProxyMode === 'none' ? ['addon/kube-proxy'] : [])],
    },
    ...componentDocuments(input),
  ])
}

/**
 * The addons that a configuration for `kubeadm init` asks for, and what the rest of kubeadm has to skip when these are made apart.
 * @param config with the user's patches, which may skip phases as well.
 */
export function addonsApart(config: string): {
  readonly skipped: readonly string[]
  readonly addons: readonly string[]
} {
  const its = parseAllDocuments(config).map((document) => document.toJS() as Record<string, unknown> | null)
  const init = its.find((document) => document?.['kind'] === 'InitConfiguration')
  const skipped = (init?.['skipPhases'] as readonly string[] | undefined) ?? []
  const isWanted = (addon: string): boolean => !skipped.includes('addon') && !skipped.includes(`addon/${addon}`)
  // Services first: CoreDNS waits half a minute for an answer that it asked for before kube-proxy was there.
  return { skipped: [...new Set([...skipped, 'addon'])], addons: ['kube-proxy', 'coredns'].filter(isWanted) }
}

/** Documents for `kubeadm join --config` of a worker. The CA is always verified. */
export function joinConfiguration(input: JoinInput): string {
  const api = kubeadmApi(input.kubernetesVersion)
  return documents([
    {
      ...header(api, 'JoinConfiguration'),
      discovery: {
        bootstrapToken: {
          apiServerEndpoint: input.controlPlaneEndpoint,
          token: input.token,
          caCertHashes: [input.caCertHash],
        },
      },
      nodeRegistration: nodeRegistration(input, api),
      skipPhases: ['preflight'],
    },
    ...componentDocuments(input),
  ])
}

function clusterConfiguration(input: KubeadmInput, api: KubeadmApi): object {
  const gates = joinPairs(input.featureGates)
  const withGates = gates === '' ? {} : { 'feature-gates': gates }
  const runtimeConfig = joinPairs(input.runtimeConfig)
  const anyAddress = input.ipFamily === 'ipv6' ? { 'bind-address': '::' } : {}
  // kubeadm clusters make some 40 clients at their start; the default of 20 requests a second keeps nodes from registering.
  const clientRates = { 'kube-api-qps': '100', 'kube-api-burst': '200' }
  return {
    ...header(api, 'ClusterConfiguration'),
    kubernetesVersion: input.kubernetesVersion,
    clusterName: input.clusterName,
    controlPlaneEndpoint: input.controlPlaneEndpoint,
    // ECDSA keys are made in milliseconds where RSA takes seconds.
    ...(api === 'v1beta4' ? { encryptionAlgorithm: 'ECDSA-P256' } : { featureGates: { PublicKeysECDSA: true } }),
    apiServer: {
      certSANs: input.certSans,
      extraArgs: args(api, {
        ...(runtimeConfig === '' ? {} : { 'runtime-config': runtimeConfig }),
        ...withGates,
      }),
    },
    controllerManager: {
      extraArgs: args(api, { 'enable-hostpath-provisioner': 'true', ...clientRates, ...anyAddress, ...withGates }),
    },
    scheduler: { extraArgs: args(api, { ...clientRates, ...anyAddress, ...withGates }) },
    networking: { podSubnet: input.podSubnet, serviceSubnet: input.serviceSubnet },
  }
}

function nodeRegistration(input: KubeadmInput, api: KubeadmApi): object {
  const labels = Object.entries(input.nodeLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  return {
    name: input.nodeName,
    criSocket: 'unix:///run/containerd/containerd.sock',
    kubeletExtraArgs: args(api, {
      'node-ip': input.nodeAddresses,
      'provider-id': input.providerId,
      'node-labels': labels,
    }),
  }
}

function componentDocuments(input: KubeadmInput): readonly object[] {
  const featureGates = Object.keys(input.featureGates).length === 0 ? {} : { featureGates: input.featureGates }
  return [
    {
      ...header('v1beta1', 'KubeletConfiguration', 'kubelet.config.k8s.io'),
      cgroupDriver: 'systemd',
      cgroupRoot: '/kubelet',
      failSwapOn: false,
      // A node's disk is as large as the Mac's claims to be: neither collection nor eviction may follow from it.
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
      serializeImagePulls: false,
      kubeAPIQPS: 100,
      kubeAPIBurst: 200,
      ...featureGates,
    },
    {
      ...header('v1alpha1', 'KubeProxyConfiguration', 'kubeproxy.config.k8s.io'),
      ...(input.kubeProxyMode === 'none' ? {} : { mode: input.kubeProxyMode }),
      iptables: { minSyncPeriod: '1s' },
      conntrack: { maxPerCore: 0 },
      ...featureGates,
    },
  ]
}

function header(version: string, kind: string, group = 'kubeadm.k8s.io'): object {
  return { apiVersion: `${group}/${version}`, kind }
}

/** v1beta3 takes a map, v1beta4 a list. */
function args(api: KubeadmApi, values: Readonly<Record<string, string>>): object {
  if (api === 'v1beta3') return values
  return Object.entries(values).map(([name, value]) => ({ name, value }))
}

/** Sorted, so that the same wish always gives the same text. */
function joinPairs(pairs: Readonly<Record<string, boolean | string>>): string {
  return Object.entries(pairs)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function documents(list: readonly object[]): string {
  return list.map((document) => stringify(document, { lineWidth: 0 })).join('---\n')
}
