import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

const header = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'

/** Files as people write them: those of the documentation, and what is asked for most often. */
export async function realClusterFiles(): Promise<readonly string[]> {
  const root = resolve(import.meta.dirname, '../..')
  const pages = await Promise.all(
    ['README.md', 'docs/configuration.md'].map((page) => readFile(resolve(root, page), 'utf8')),
  )
  const documented = pages.flatMap((page) => [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text))
  return [...documented, ...usual.map((text) => header + text)]
}

const usual = [
  // An ingress on the host's ports.
  `name: ingress
nodes:
- role: control-plane
  image: kindest/node:v1.35.5
  labels: {ingress-ready: "true"}
  kubeadmConfigPatches:
  - |
    kind: InitConfiguration
    nodeRegistration:
      kubeletExtraArgs:
        node-labels: "ingress-ready=true"
  extraPortMappings:
  - {containerPort: 80, hostPort: 8080, protocol: TCP}
  - {containerPort: 443, hostPort: 8443, listenAddress: 127.0.0.1}
`,
  // A registry beside the cluster.
  `containerdConfigPatches:
- |-
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
nodes: [{role: control-plane}, {role: worker}, {role: worker}]
`,
  // Another CNI, dual stack.
  `networking:
  ipFamily: dual
  disableDefaultCNI: true
  kubeProxyMode: none
  podSubnet: 10.10.0.0/16,fd00:10::/56
  serviceSubnet: "10.11.0.0/16,fd00:11::/112"
  apiServerAddress: 127.0.0.1
  apiServerPort: 6443
featureGates:
  "SomeGate": true
  "OtherGate": false
runtimeConfig:
  "api/alpha": "false"
`,
  // What is the same for several nodes, by anchors and merge keys.
  `nodes:
- &node
  role: worker
  extraMounts: &mounts
  - hostPath: /tmp/data
    containerPath: /data
    readOnly: true
    propagation: None
- <<: *node
  labels: {zone: a}
- role: control-plane
  extraMounts: *mounts
`,
  // Patches of every kind.
  `kubeadmConfigPatches:
- |
  kind: ClusterConfiguration
  apiServer:
    extraArgs:
    - {name: enable-admission-plugins, value: NodeRestriction}
  ---
  kind: KubeletConfiguration
  serializeImagePulls: false
kubeadmConfigPatchesJSON6902:
- group: kubeadm.k8s.io
  version: v1beta4
  kind: ClusterConfiguration
  patch: |
    - op: add
      path: /apiServer/certSANs/-
      value: my.host
containerdConfigPatchesJSON6902:
- |
  - op: replace
    path: /version
    value: 2
nodes:
- role: control-plane
- role: worker
  kubeadmConfigPatches: ["kind: JoinConfiguration\\nnodeRegistration: {taints: []}"]
`,
] as const
