import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'docker.io/kina-lab/agnhost:1', args: [netexec, --http-port=8080]}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: client, image: 'docker.io/kina-lab/tools:1', command: [sleep, infinity]}]}
`

/** What looks like a secret, with what follows it: headers of PEM blocks and their first line, JSON web tokens. */
const secrets = `grep --text --after-context=1 --no-group-separator --extended-regexp \\
  -e '-----BEGIN [A-Z0-9 ]+-----' -e 'eyJhbGciOi[A-Za-z0-9_-]{16,}'`

async function said(script: string, ...words: readonly string[]): Promise<string> {
  const child = spawn('bash', ['-c', script, 'bash', ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  return await text(child.stdout)
}

/** Two clusters whose nodes are clones of one prepared disk. */
describe('clusters from a prepared disk', () => {
  let lab: RealLab
  const clusters = ['one', 'two'] as const
  beforeAll(async () => {
    lab = await makeRealLab()
    const warmed = await lab.kina(['cache', 'warm', lab.nodeImage])
    expect(`${warmed.exitCode} ${warmed.exitCode === 0 ? '' : warmed.stderr}`).toBe('0 ')
    for (const name of clusters) {
      const created = await lab.kina([
        'create',
        'cluster',
        name,
        '--image',
        lab.nodeImage,
        ...(name === 'one' ? ['--workers', '1'] : []),
      ])
      expect(`${created.exitCode} ${created.exitCode === 0 ? '' : created.stderr}`).toBe('0 ')
      expect(created.stderr).not.toContain('without its prepared disk')
    }
  })
  afterAll(async () => {
    await lab.remove()
    expect(await tracesOf(lab.root)).toEqual([])
  })

  const inNode = async (node: string, script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await lab.container(['exec', node, 'bash', '-c', script])
    expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
    return stdout.trim()
  }
  const kubectl = (name: string, ...words: string[]): Promise<string> =>
    lab.kubectl([`--context=kina-${name}`, ...words])

  it('have it at /var, images unpacked, on workers too', async () => {
    for (const node of ['one-control-plane', 'one-worker', 'two-control-plane']) {
      expect(await inNode(node, 'mountpoint /var')).toBe('/var is a mountpoint')
      const images = await inNode(
        node,
        "ctr --namespace k8s.io images ls | awk 'NR > 1 { print $3 }' | sort -u | wc -l",
      )
      expect(Number(images)).toBeGreaterThan(8)
    }
  })

  it('begin with what every API server writes first: roles are older than the cluster, and the same in both', async () => {
    const roles = await Promise.all(
      clusters.map((name) =>
        kubectl(
          name,
          'get',
          'clusterrole',
          'cluster-admin',
          '--output=jsonpath={.metadata.uid} {.metadata.creationTimestamp}',
        ),
      ),
    )
    expect(roles[0]).toMatch(/^\S+ \S+Z$/)
    expect(roles[1]).toBe(roles[0])
    const namespace = ['get', 'namespace', 'kube-system', '--output=jsonpath={.metadata.creationTimestamp}']
    expect(Date.parse((roles[0] ?? '').split(' ')[1] ?? '')).toBeLessThan(
      Date.parse(await kubectl('one', ...namespace)),
    )
    expect(await inNode('one-control-plane', 'ls /var/lib/kina')).not.toContain('etcd')
  })

  it('work: pods, services, names', async () => {
    await lab.kubectl(['--context=kina-one', 'apply', '--filename=-'], web)
    await kubectl('one', 'wait', '--for=condition=Ready', 'pod/client', '--timeout=180s')
    await kubectl('one', 'rollout', 'status', 'deployment/web', '--timeout=180s')
    const ask = [
      'exec',
      'client',
      '--',
      'busybox',
      'wget',
      '-q',
      '-O-',
      'http://web.default.svc.cluster.local/hostname',
    ]
    expect(await lab.until(['--context=kina-one', ...ask], /^web-/)).toMatch(/^web-/)
  })

  it('share no identity: keys, certificates, ids of machine, cluster, etcd and containerd', async () => {
    const pki = '/etc/kubernetes/pki'
    const looks: Readonly<Record<string, (name: string) => Promise<string>>> = {
      'machine-id': (name) => inNode(`${name}-control-plane`, 'cat /etc/machine-id'),
      'keys and certificates': (name) =>
        inNode(`${name}-control-plane`, `cd ${pki} && find . -type f | sort | xargs cat`),
      'service account key': (name) => inNode(`${name}-control-plane`, `cat ${pki}/sa.key`),
      'kubeconfigs': (name) => inNode(`${name}-control-plane`, 'cat /etc/kubernetes/*.conf'),
      'UID of kube-system': (name) =>
        kubectl(name, 'get', 'namespace', 'kube-system', '--output=jsonpath={.metadata.uid}'),
      'kube-root-ca.crt': (name) => kubectl(name, 'get', 'configmap', 'kube-root-ca.crt', '--output=jsonpath={.data}'),
      'CAs that the API server tells': (name) =>
        kubectl(
          name,
          '--namespace=kube-system',
          'get',
          'configmap',
          'extension-apiserver-authentication',
          '--output=jsonpath={.data}',
        ),
      // etcd says them when it starts; its image has no etcdctl here.
      'ids of etcd': (name) =>
        inNode(
          `${name}-control-plane`,
          `grep -ohE '"(cluster-id|local-member-id)":"[0-9a-f]+"' /var/log/pods/kube-system_etcd-*/etcd/*.log | sort -u`,
        ),
      'id of containerd': (name) =>
        inNode(`${name}-control-plane`, 'cat /var/lib/containerd/io.containerd.grpc.v1.introspection/uuid'),
    }
    for (const [what, look] of Object.entries(looks)) {
      const [first, second] = await Promise.all(clusters.map((name) => look(name)))
      expect(`${what}: ${first === '' ? 'nothing' : 'something'}`).toBe(`${what}: something`)
      expect(`${what}: ${first === second ? 'the same' : 'another'}`).toBe(`${what}: another`)
    }
    const worker = await inNode('one-worker', 'cat /etc/machine-id')
    expect(worker).not.toBe(await inNode('one-control-plane', 'cat /etc/machine-id'))
  })

  it('name nothing of each other, and have no node, lease or token that is not theirs', async () => {
    const all = ['get', 'configmaps,secrets,nodes,leases,csr,endpointslices', '--all-namespaces', '--output=yaml']
    expect(await kubectl('two', ...all)).not.toMatch(/\bone-(control-plane|worker)\b/)
    expect(await kubectl('one', ...all)).not.toMatch(/\btwo-control-plane\b/)
    expect(await kubectl('two', 'get', 'nodes', '--output=name')).toBe('node/two-control-plane\n')
    const tokens = ['--namespace=kube-system', 'get', 'secrets', '--field-selector=type=bootstrap.kubernetes.io/token']
    expect(await kubectl('two', ...tokens, '--output=name')).toBe('')
  })

  it('have certificates that begin at their own create', async () => {
    const made = await inNode('two-control-plane', 'stat --format=%Y /var/lib/kina/prepared-disk')
    const issued = await inNode('two-control-plane', 'stat --format=%Y /etc/kubernetes/pki/ca.crt')
    expect(Number(issued)).toBeGreaterThan(Number(made))
  })

  it('come from a disk on which nothing looks like a secret that is not in an image', async () => {
    const folder = join(lab.home, '.cache/kina/prepared')
    const [image = ''] = (await readdir(folder)).filter((name) => name.endsWith('.img'))
    const path = join(folder, image)
    // All that was ever written to it: its holes are left out, whatever is in its free blocks is not.
    const raw = await said(
      `tar --sparse -C "$1" -cf - "$2" | strings --bytes=16 | ${secrets} | sort -u`,
      dirname(path),
      basename(path),
    )
    const place = join(lab.home, 'disk')
    const images = await said(
      `mkdir -p "$2" && mount -o loop,ro "$1" "$2" && trap 'cd /; umount "$2"' EXIT
      cd "$2/lib/containerd/io.containerd.content.v1.content/blobs/sha256" || exit
      for blob in *; do zcat --force "$blob"; done | strings --bytes=16 | ${secrets} | sort -u`,
      path,
      place,
    )
    const known = new Set(images.split('\n'))
    expect(known.size).toBeGreaterThan(1)
    expect(raw.split('\n').filter((line) => !known.has(line))).toEqual([])
    // Below /var there are only the image's own files and containerd's: no kubelet, no etcd, no journal, no seed.
    const files = await said(
      `mount -o loop,ro "$1" "$2" && trap 'cd /; umount "$2"' EXIT
      cd "$2" && find . -type f -not -path './lib/containerd/*' -not -path './lib/dpkg/*' -not -path './cache/*' | sort`,
      path,
      place,
    )
    expect(files).toContain('./lib/kina/prepared-disk')
    expect(files.split('\n').filter((name) => name.includes('etcd'))).toEqual([
      './lib/kina/etcd/etcdutl',
      './lib/kina/etcd/snapshot.db',
    ])
    expect(files).not.toMatch(/kubelet|journal|random-seed|machine-id|\/kina\/session/)
    const keys = await said(
      `mount -o loop,ro "$1" "$2" && trap 'cd /; umount "$2"' EXIT
      strings "$2/lib/kina/etcd/snapshot.db" | grep --only-matching '/registry/[a-z0-9./-]*/' | sort -u`,
      path,
      place,
    )
    expect(keys.trim().split('\n')).toEqual([
      '/registry/apiregistration.k8s.io/apiservices/',
      '/registry/clusterrolebindings/',
      '/registry/clusterroles/',
      '/registry/flowschemas/',
      '/registry/priorityclasses/',
      '/registry/prioritylevelconfigurations/',
      ...['kube-public', 'kube-system'].map((name) => `/registry/rolebindings/${name}/`),
      ...['kube-public', 'kube-system'].map((name) => `/registry/roles/${name}/`),
    ])
  })

  it('go without leaving a volume', async () => {
    for (const name of clusters) expect((await lab.kina(['delete', 'cluster', name])).exitCode).toBe(0)
    expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
  })
})
