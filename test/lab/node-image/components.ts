import type { GoPrograms } from './go-programs.ts'

/** Versions of what a node of the lab consists of; each set was seen to work together. */
export interface Release {
  readonly kubernetes: string
  readonly etcd: string
  readonly coredns: string
  readonly containerd: string | 'debian'
}

const releases: readonly Release[] = [
  { kubernetes: 'v1.37.2', etcd: 'v3.7.0', coredns: 'v1.14.6', containerd: 'v2.3.4' },
  { kubernetes: 'v1.35.4', etcd: 'v3.6.6', coredns: 'v1.13.1', containerd: 'debian' },
]

export function releaseOf(wanted: string): Release {
  const release = releases.find(({ kubernetes }) => kubernetes === wanted || kubernetes.startsWith(`v${wanted}.`))
  if (!release)
    throw new Error(`the lab builds ${releases.map(({ kubernetes }) => kubernetes).join(', ')}, not ${wanted}`)
  return release
}

export function kubernetesPrograms({ kubernetes }: Release): GoPrograms {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetes) ?? []
  const at = 'k8s.io/component-base/version'
  return {
    name: `kubernetes-${kubernetes}`,
    module: 'k8s.io/kubernetes',
    version: kubernetes,
    packages: [
      ...[
        'kubeadm',
        'kubelet',
        'kubectl',
        'kube-apiserver',
        'kube-controller-manager',
        'kube-scheduler',
        'kube-proxy',
      ].map((name) => `k8s.io/kubernetes/cmd/${name}`),
      'k8s.io/kubernetes/test/images/agnhost',
    ],
    variables: {
      [`${at}.gitVersion`]: kubernetes,
      [`${at}.gitMajor`]: major,
      [`${at}.gitMinor`]: minor,
      [`${at}.gitTreeState`]: 'clean',
      [`${at}.gitCommit`]: '0000000000000000000000000000000000000000',
      [`${at}.buildDate`]: '2026-01-01T00:00:00Z',
    },
  }
}

/** The three programs of etcd's image; Go calls etcd itself `server`. */
export function etcdPrograms({ etcd }: Release): GoPrograms {
  const module = 'go.etcd.io/etcd/server/v3'
  const siblings = ['go.etcd.io/etcd/etcdctl/v3', 'go.etcd.io/etcd/etcdutl/v3']
  return { name: `etcd-${etcd}`, module, version: etcd, siblings, packages: [module, ...siblings] }
}

export function corednsPrograms({ coredns }: Release): GoPrograms {
  return {
    name: `coredns-${coredns}`,
    module: 'github.com/coredns/coredns',
    version: coredns,
    packages: ['github.com/coredns/coredns'],
  }
}

export function containerdPrograms({ containerd }: Release): GoPrograms | undefined {
  if (containerd === 'debian') return undefined
  const module = 'github.com/containerd/containerd/v2'
  return {
    name: `containerd-${containerd}`,
    module,
    version: containerd,
    packages: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => `${module}/cmd/${name}`),
    variables: { [`${module}/version.Version`]: containerd },
  }
}

/** What people ask a node's runtime with; of one release for all, since it speaks to every containerd of today. */
export const crictl: GoPrograms = {
  name: 'crictl',
  module: 'sigs.k8s.io/cri-tools',
  version: 'v1.37.0',
  packages: ['sigs.k8s.io/cri-tools/cmd/crictl'],
}

export const localPathProvisioner: GoPrograms = {
  name: 'local-path-provisioner',
  module: 'github.com/rancher/local-path-provisioner',
  version: 'v0.0.30',
  packages: ['github.com/rancher/local-path-provisioner'],
}
