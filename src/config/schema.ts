import * as v from 'valibot'

/**
 * kind's cluster file, `kind.x-k8s.io/v1alpha4`, field by field (kind 0.33, pkg/apis/config/v1alpha4/types.go).
 * The type of a field decides how its scalar is read; what values may mean together is validated in `validate.ts`.
 */
const text = v.string()
const texts = v.array(v.string())

const jsonPatch = v.strictObject({
  group: v.optional(text),
  version: v.optional(text),
  kind: v.optional(text),
  patch: v.optional(text),
})

const mount = v.strictObject({
  containerPath: v.optional(text),
  hostPath: v.optional(text),
  readOnly: v.optional(v.boolean()),
  selinuxRelabel: v.optional(v.boolean()),
  propagation: v.optional(v.picklist(['', 'None', 'HostToContainer', 'Bidirectional'])),
})

const portMapping = v.strictObject({
  containerPort: v.optional(v.number()),
  hostPort: v.optional(v.number()),
  listenAddress: v.optional(text),
  protocol: v.optional(v.picklist(['', 'TCP', 'UDP', 'SCTP', 'tcp', 'udp', 'sctp'])),
})

const node = v.strictObject({
  role: v.optional(text),
  image: v.optional(text),
  labels: v.optional(v.record(text, text)),
  extraMounts: v.optional(v.array(mount)),
  extraPortMappings: v.optional(v.array(portMapping)),
  kubeadmConfigPatches: v.optional(texts),
  kubeadmConfigPatchesJSON6902: v.optional(v.array(jsonPatch)),
})

const networking = v.strictObject({
  ipFamily: v.optional(text),
  apiServerPort: v.optional(v.number()),
  apiServerAddress: v.optional(text),
  podSubnet: v.optional(text),
  serviceSubnet: v.optional(text),
  disableDefaultCNI: v.optional(v.boolean()),
  kubeProxyMode: v.optional(text),
  dnsSearch: v.optional(texts),
})

export const clusterFile = v.strictObject({
  kind: v.literal('Cluster'),
  apiVersion: v.literal('kind.x-k8s.io/v1alpha4'),
  name: v.optional(text),
  nodes: v.optional(v.array(node)),
  networking: v.optional(networking),
  featureGates: v.optional(v.record(text, v.boolean())),
  runtimeConfig: v.optional(v.record(text, text)),
  kubeadmConfigPatches: v.optional(texts),
  kubeadmConfigPatchesJSON6902: v.optional(v.array(jsonPatch)),
  containerdConfigPatches: v.optional(texts),
  containerdConfigPatchesJSON6902: v.optional(texts),
})

export type ClusterFile = v.InferOutput<typeof clusterFile>
export type NodeEntry = v.InferOutput<typeof node>
export type PortMappingEntry = v.InferOutput<typeof portMapping>
