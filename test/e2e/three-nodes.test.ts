import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

const everywhere = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      tolerations: [{operator: Exists}]
      containers:
      - name: web
        image: docker.io/kina-lab/agnhost:1
        args: [netexec, --http-port=8080]
      - {name: tools, image: 'docker.io/kina-lab/tools:1', command: [sleep, infinity]}
---
apiVersion: v1
kind: Service
metadata: {name: everywhere}
spec:
  selector: {app: everywhere}
  ports: [{port: 80, targetPort: 8080}]
`

interface Pod {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly nodeName: string }
  readonly status: { readonly podIP: string }
}

describe('a real cluster of three nodes', () => {
  let lab: RealLab
  beforeAll(async () => {
    lab = await makeRealLab()
    await mkdir(join(lab.home, 'shared'))
    await writeFile(join(lab.home, 'shared/file'), 'from the host\n')
    await writeFile(
      join(lab.home, 'three.yaml'),
      `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: three.nodes
networking: {podSubnet: 10.20.0.0/16, serviceSubnet: 10.30.0.0/16, kubeProxyMode: nftables}
featureGates: {ContainerCheckpoint: false}
runtimeConfig: {api/alpha: 'false'}
kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  maxPods: 42
containerdConfigPatches:
- |
  [debug]
    level = "debug"
nodes:
- role: control-plane
- role: worker
  labels: {tier: one}
  extraMounts: [{hostPath: shared, containerPath: /shared, readOnly: true}]
- role: worker
`,
    )
    const { exitCode, stderr } = await lab.kina([
      'create',
      'cluster',
      '--config',
      'three.yaml',
      '--image',
      lab.nodeImage,
    ])
    expect(stderr).toContain('kubectl cluster-info --context kina-three.nodes')
    expect(exitCode).toBe(0)
    await lab.kubectl(['apply', '--filename=-'], everywhere)
    await lab.kubectl(['rollout', 'status', 'daemonset/everywhere', '--timeout=180s'])
  })
  afterAll(async () => {
    await lab.remove()
    expect(await tracesOf(lab.root)).toEqual([])
  })

  const pods = async (): Promise<readonly Pod[]> =>
    (JSON.parse(await lab.kubectl(['get', 'pods', '--selector=app=everywhere', '--output=json'])) as { items: Pod[] })
      .items
  const inNode = async (node: string, ...words: readonly string[]): Promise<string> =>
    (await lab.kina(['exec', node, '--', ...words])).stdout

  it('runs a DaemonSet on every node, in ranges of the pod subnet', async () => {
    const found = await pods()
    expect(found.map(({ spec }) => spec.nodeName).toSorted()).toEqual([
      'three.nodes-control-plane',
      'three.nodes-worker',
      'three.nodes-worker2',
    ])
    expect(found.every(({ status }) => status.podIP.startsWith('10.20.'))).toBe(true)
  })

  it('reaches every pod from every other, and the service from each', async () => {
    const found = await pods()
    const ask = async (from: Pod, url: string): Promise<string> => {
      const wget = ['busybox', 'wget', '-q', '-T', '5', '-O-', url]
      return await lab.until(['exec', from.metadata.name, '--container=tools', '--', ...wget], /./, 90)
    }
    for (const from of found) {
      for (const to of found) {
        expect(await ask(from, `http://${to.status.podIP}:8080/hostname`)).toBe(to.metadata.name)
      }
      expect(await ask(from, 'http://everywhere/hostname')).toMatch(/^everywhere-/)
    }
  })

  it('moves 100 MiB across nodes unharmed', async () => {
    const [from, to] = await pods()
    if (!from || !to) throw new Error('pods are missing')
    const inPod = (pod: Pod, script: string): Promise<string> =>
      lab.kubectl(['exec', pod.metadata.name, '--container=tools', '--', 'sh', '-c', script])
    const sent = await inPod(
      to,
      'head -c 104857600 /dev/urandom > /tmp/f; busybox httpd -p 9000 -h /tmp; sha256sum < /tmp/f',
    )
    expect(await inPod(from, `busybox wget -q -O- http://${to.status.podIP}:9000/f | sha256sum`)).toBe(sent)
  })

  it('has the labels, mounts and patches that the file asks for, in effect', async () => {
    expect(await lab.kubectl(['get', 'nodes', '--selector=tier=one', '--output=name'])).toBe(
      'node/three.nodes-worker\n',
    )
    expect(await inNode('three.nodes-worker', 'cat', '/shared/file')).toBe('from the host\n')
    expect((await lab.kina(['exec', 'three.nodes-worker', '--', 'touch', '/shared/new'])).exitCode).not.toBe(0)
    for (const node of ['three.nodes-control-plane', 'three.nodes-worker2']) {
      const config = JSON.parse(await lab.kubectl(['get', '--raw', `/api/v1/nodes/${node}/proxy/configz`])) as {
        kubeletconfig: { maxPods: number; featureGates: Record<string, boolean> }
      }
      expect(config.kubeletconfig.maxPods).toBe(42)
      expect(config.kubeletconfig.featureGates).toEqual({ ContainerCheckpoint: false })
      expect(await inNode(node, 'containerd', 'config', 'dump')).toMatch(/level = ['"]debug['"]/)
    }
    expect(await inNode('three.nodes-worker', 'nft', 'list', 'tables')).toContain('kube-proxy')
    expect(await inNode('three.nodes-control-plane', 'cat', '/etc/kubernetes/manifests/kube-apiserver.yaml')).toContain(
      '--runtime-config=api/alpha=false',
    )
    expect(await lab.kubectl(['get', 'service', 'kubernetes', '--output=jsonpath={.spec.clusterIP}'])).toBe('10.30.0.1')
  })

  it('keeps its control plane for itself while there are workers', async () => {
    expect(
      await lab.kubectl(['get', 'node', 'three.nodes-control-plane', '--output=jsonpath={.spec.taints[*].key}']),
    ).toBe('node-role.kubernetes.io/control-plane')
  })

  it('has no bootstrap token left', async () => {
    const secrets = await lab.kubectl(['get', 'secrets', '--namespace=kube-system', '--output=name'])
    expect(secrets).not.toContain('bootstrap-token')
  })
})
