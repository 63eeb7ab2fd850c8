import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeRealLab, type RealLab } from '../support/real-lab.ts'

describe('a real cluster whose user brings the network', () => {
  let lab: RealLab
  beforeAll(async () => {
    lab = await makeRealLab()
  })
  afterEach(async () => {
    expect((await lab.kina(['delete', 'clusters', '--all'])).exitCode).toBe(0)
  })
  afterAll(() => lab.remove())

  const create = (networking: string): ReturnType<RealLab['kina']> =>
    lab.kina(['create', 'cluster', 'own', '--image', lab.nodeImage, '--config', '-'], {
      input: `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking: {${networking}}\n`,
    })
  const node = 'own-control-plane'
  const inNode = async (...words: readonly string[]): Promise<string> =>
    (await lab.kina(['exec', node, '--', ...words])).stdout

  it('without a CNI is made at once, and Ready as soon as one is installed', async () => {
    const { exitCode, stderr } = await create('disableDefaultCNI: true')
    expect(stderr).toContain('skipped, nodes become Ready when a CNI is installed')
    expect(exitCode).toBe(0)
    const ready = (): Promise<string> =>
      lab.kubectl(['get', 'node', node, '--output=jsonpath={.status.conditions[?(@.type=="Ready")].message}'])
    expect(await ready()).toContain('cni plugin not initialized')
    expect(await lab.kubectl(['get', 'daemonsets', '--all-namespaces', '--output=name'])).toBe(
      'daemonset.apps/kube-proxy\n',
    )
    const manifest = await inNode('cat', '/kind/manifests/default-cni.yaml')
    await lab.kubectl(['apply', '--filename=-'], manifest.replaceAll(/\{\{[^}]*\}\}/g, '10.244.0.0/16'))
    await lab.kubectl(['wait', '--for=condition=Ready', `node/${node}`, '--timeout=180s'])
  })

  it('without kube-proxy does not wait for CoreDNS, and stands in the way of nothing that comes instead', async () => {
    const { exitCode, stderr } = await create('kubeProxyMode: none')
    expect(stderr).toContain('CoreDNS stays unready until something translates service addresses')
    expect(stderr).toMatch(/^Wait for nodes \(/m)
    expect(exitCode).toBe(0)
    expect(await lab.kubectl(['get', 'daemonsets', '--all-namespaces', '--output=name'])).not.toContain('kube-proxy')
    expect(await inNode('nft', 'list', 'tables')).not.toContain('kina')
    // What comes instead is played by a kube-proxy of the user's own.
    const installed = await lab.kina([
      'exec',
      node,
      '--',
      'kubeadm',
      'init',
      'phase',
      'addon',
      'kube-proxy',
      '--config=/kind/kubeadm.conf',
    ])
    expect(installed.exitCode).toBe(0)
    const rollout = ['rollout', 'status', '--namespace=kube-system', 'deployment/coredns', '--timeout=170s']
    expect(await lab.kubectl(rollout)).toContain('successfully rolled out')
  })
})
