/** `cluster` says what kina does, as data first. A ClusterSpec leaves nothing to decide and holds nothing secret. */

export type Role = 'control-plane' | 'worker'
type IpFamily = 'ipv4' | 'ipv6' | 'dual'
type KubeProxyMode = 'iptables' | 'ipvs' | 'nftables' | 'none'

interface Mount {
  /** Absolute path on the host. */
  readonly hostPath: string
  readonly containerPath: string
  readonly readOnly: boolean
}

interface PortMapping {
  readonly containerPort: number
  /** 0: kina chooses a free port when the run begins. */
  readonly hostPort: number
  readonly listenAddress: string
  readonly protocol: 'tcp' | 'udp'
}

/** RFC 6902 patch as kind takes it: the patch is the text of a YAML or JSON list. */
interface JsonPatch6902 {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly patch: string
}

export interface KubeadmPatches {
  /** RFC 7386 merge patches, YAML texts. */
  readonly merge: readonly string[]
  readonly json6902: readonly JsonPatch6902[]
}

export interface NodeSpec {
  /** Name of the container, host name and Kubernetes node name. */
  readonly name: string
  readonly role: Role
  /** Full reference: `docker.io/kindest/node:v1.35.5@sha256:…`. */
  readonly image: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly labels: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly ports: readonly PortMapping[]
  readonly kubeadmPatches: KubeadmPatches
}

export interface NetworkingSpec {
  readonly ipFamily: IpFamily
  readonly apiServerAddress: string
  /** 0: kina chooses a free port when the run begins. */
  readonly apiServerPort: number
  /** CIDRs joined by a comma for dual stack, as kubeadm takes them. */
  readonly podSubnet: string
  readonly serviceSubnet: string
  readonly kubeProxyMode: KubeProxyMode
  readonly disableDefaultCni: boolean
  /** Undefined: the node keeps what it inherits. */
  readonly dnsSearch: readonly string[] | undefined
}

export interface ClusterSpec {
  readonly name: string
  /** `kina-<name>`, or `kind-<name>` when called as kind; context, cluster and user of the kubeconfig. */
  readonly contextName: string
  readonly platform: string
  /** Control plane first. */
  readonly nodes: readonly NodeSpec[]
  readonly networking: NetworkingSpec
  readonly featureGates: Readonly<Record<string, boolean>>
  readonly runtimeConfig: Readonly<Record<string, string>>
  readonly kubeadmPatches: KubeadmPatches
  /** TOML texts merged into containerd's configuration. */
  readonly containerdPatches: readonly string[]
  /** RFC 6902 patches (YAML or JSON texts) of the same file. */
  readonly containerdPatchesJson6902: readonly string[]
  /** Proxy variables that are set on the host and go to the nodes; their values may hold passwords and are no part of a spec. */
  readonly proxyVariables: readonly string[]
  readonly wait: WaitSpec
  /** Fail and undo when a worker cannot join, or keep the rest. */
  readonly allowDegraded: boolean
}

export interface WaitSpec {
  /** Milliseconds; 0 does not wait. */
  readonly ms: number
  /** `all-nodes`: without kube-proxy CoreDNS reaches no API server, so it is not waited for. */
  readonly until: 'all-nodes-and-dns' | 'all-nodes' | 'control-planes'
  /** Why it does not wait, when it was kina that decided so. */
  readonly reason?: string
}
