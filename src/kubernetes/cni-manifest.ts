import { applyPatches } from './patches.ts'
import { renderTemplate } from './template.ts'

/**
 * A node image's CNI manifest for this cluster. The image says by two phrases in comments what it wants, and kind looks for them
 * (kind 0.33, pkg/cluster/internal/create/actions/installcni/cni.go): a manifest without them is applied as it is.
 * @throws KinaError `unexpected-answer`, `invalid-config` when it cannot be rendered or patched.
 */
export function cniManifest(
  text: string,
  cluster: { readonly podSubnet: string; readonly controlPlaneEndpoint: string },
): string {
  const rendered = text.includes('would you kindly template this file')
    ? renderTemplate(text, { PodSubnet: cluster.podSubnet })
    : text
  return text.includes('would you kindly patch this file')
    ? withControlPlaneEndpoint(rendered, cluster.controlPlaneEndpoint)
    : rendered
}

/** The CNI asks the control plane by name, and so need not wait until kube-proxy translates service addresses. */
function withControlPlaneEndpoint(text: string, endpoint: string): string {
  const value = { name: 'CONTROL_PLANE_ENDPOINT', value: endpoint }
  const patch = JSON.stringify([{ op: 'add', path: '/spec/template/spec/containers/0/env/-', value }])
  return applyPatches(text, [{ merge: [], json6902: [{ group: 'apps', version: 'v1', kind: 'DaemonSet', patch }] }])
}
