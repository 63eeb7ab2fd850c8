import type { KubeadmInput } from '../kubernetes/kubeadm-config.ts'
import { controlPlaneOf, workersOf, type NodeFacts } from './create-run.ts'
import type { ClusterSpec, NodeSpec } from './spec.ts'

/** Port of the API server inside a control-plane node, as kubeadm and kind have it. */
export const apiServerPort = 6443

/** What kubeadm's configuration of one node is made from: the spec, what the node said of itself, and the run's token. */
export function kubeadmInput(spec: ClusterSpec, node: NodeSpec, facts: NodeFacts, token: string): KubeadmInput {
  const { networking } = spec
  const controlPlane = controlPlaneOf(spec).name
  return {
    kubernetesVersion: facts.version,
    clusterName: spec.name,
    controlPlaneEndpoint: `${controlPlane}:${apiServerPort}`,
    certSans: [...new Set(['localhost', '127.0.0.1', networking.apiServerAddress, controlPlane])],
    token,
    nodeName: node.name,
    nodeAddress: facts.address,
    nodeAddresses: facts.secondAddress === undefined ? facts.address : `${facts.address},${facts.secondAddress}`,
    bindPort: apiServerPort,
    nodeLabels: node.labels,
    providerId: `kina://apple-container/${spec.name}/${node.name}`,
    podSubnet: networking.podSubnet,
    serviceSubnet: networking.serviceSubnet,
    ipFamily: networking.ipFamily,
    kubeProxyMode: networking.kubeProxyMode,
    takesWorkloads: workersOf(spec).length === 0,
    featureGates: spec.featureGates,
    runtimeConfig: spec.runtimeConfig,
  }
}
