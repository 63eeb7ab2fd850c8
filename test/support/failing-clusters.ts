/** Cluster files with which a real create fails, each in its own way and soon. */

const header = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'

/** How long kubeadm waits for what will not come. */
const impatient = 'timeouts: {kubernetesAPICall: 10s, kubeletHealthCheck: 10s, controlPlaneComponentHealthCheck: 10s}'

/** The kubelet ends by itself, since it does not know a signal of its configuration. */
export const clusterWhoseKubeletCannotStart = `${header}kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  evictionHard: {no.such.signal: 1%}
- |
  kind: InitConfiguration
  ${impatient}
`

/** For whoever takes something from the control plane while it starts. */
export const impatientCluster = `${header}kubeadmConfigPatches:
- |
  kind: InitConfiguration
  ${impatient}
`

/** The worker is sent to an address that nobody has (RFC 5737). */
export const clusterWhoseWorkerNeverJoins = `${header}nodes:
- role: control-plane
- role: worker
  kubeadmConfigPatches:
  - |
    kind: JoinConfiguration
    timeouts: {discovery: 10s, tlsBootstrap: 10s}
    discovery: {bootstrapToken: {apiServerEndpoint: '192.0.2.1:6443'}}
`
