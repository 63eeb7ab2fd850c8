import { controlPlaneOf, type NodeFacts } from '../../src/cluster/create-run.ts'
import { planCreate } from '../../src/cluster/create.ts'
import { kubeadmInput } from '../../src/cluster/kubeadm-input.ts'
import { resolve, type Surroundings } from '../../src/config/resolve.ts'
import { KinaError } from '../../src/errors.ts'
import { patchContainerdConfig } from '../../src/kubernetes/containerd-config.ts'
import { initConfiguration, joinConfiguration } from '../../src/kubernetes/kubeadm-config.ts'
import { applyKubeadmPatches } from '../../src/kubernetes/patches.ts'
import { specDigest } from '../../src/cluster/marker.ts'

const around: Surroundings = { product: 'kina', env: {}, arch: 'arm64', cwd: '/home/me' }
const containerd =
  'version = 2\n\n[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.k8s.io/pause:3.10"\n'

/**
 * Does with a cluster file all that is done before and inside of nodes: reads it, plans, writes kubeadm's and containerd's
 * configuration with its patches.
 * @returns what came of it; @throws whatever is not a KinaError, which is a bug.
 */
export function swallowDocument(text: string): 'taken' | 'refused' | 'refused late' {
  let read = false
  try {
    const { spec } = resolve({ allowDegraded: false, file: { text, source: 'c.yaml' } }, around)
    read = true
    planCreate(spec)
    specDigest(spec)
    // Either API of kubeadm, one by the length, so that both have their share.
    const version = text.length % 2 === 0 ? 'v1.35.5' : 'v1.37.0'
    const facts: NodeFacts = { version, address: '192.168.64.2', secondAddress: 'fd00::2' }
    for (const node of spec.nodes.slice(0, 2)) {
      const input = kubeadmInput(spec, node, facts, 'abcdef.0123456789abcdef')
      const isFirst = node === controlPlaneOf(spec)
      const config = isFirst ? initConfiguration(input) : joinConfiguration({ ...input, caCertHash: 'sha256:00' })
      applyKubeadmPatches(config, [spec.kubeadmPatches, node.kubeadmPatches])
    }
    patchContainerdConfig(containerd, spec.containerdPatches, spec.containerdPatchesJson6902)
    return 'taken'
  } catch (error) {
    if (!(error instanceof KinaError)) throw error
    return read ? 'refused late' : 'refused'
  }
}
