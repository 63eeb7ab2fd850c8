import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressPlaces } from '../../src/cluster/address-places.ts'
import { freePort } from '../../src/host/network.ts'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

const fileWith = (hostPort: number): string => `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: one
nodes:
- role: control-plane
  extraPortMappings:
  - containerPort: 30080
    hostPort: ${hostPort}
    listenAddress: 127.0.0.1
`

const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: docker.io/kina-lab/agnhost:1
        args: [netexec, --http-port=8080]
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  containers:
  - {name: client, image: 'docker.io/kina-lab/tools:1', command: [sleep, infinity]}
`

const storage = (pod: string): string => `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Pod
metadata: {name: ${pod}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: c
    image: docker.io/kina-lab/tools:1
    command: [sleep, infinity]
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
`

describe('a real cluster of one node', () => {
  let lab: RealLab
  let hostPort: number
  beforeAll(async () => {
    lab = await makeRealLab()
    hostPort = await freePort('127.0.0.1')
    await writeFile(join(lab.home, 'one.yaml'), fileWith(hostPort))
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', '--config', 'one.yaml', '--image', lab.nodeImage])
    expect(stderr).toContain('kubectl cluster-info --context kina-one')
    expect(exitCode).toBe(0)
    await lab.kubectl(['apply', '--filename=-'], web)
  })
  afterAll(async () => {
    await lab.remove()
    expect(await tracesOf(lab.root)).toEqual([])
  })

  it('is Ready, without a taint, and says so', async () => {
    const node = JSON.parse(await lab.kubectl(['get', 'node', 'one-control-plane', '--output=json'])) as {
      spec: { taints?: unknown[] }
      status: { conditions: { type: string; status: string }[]; nodeInfo: { kubeletVersion: string } }
      metadata: { labels: Record<string, string> }
    }
    expect(node.status.conditions.find(({ type }) => type === 'Ready')?.status).toBe('True')
    expect(node.status.nodeInfo.kubeletVersion).toMatch(/^v1\.37\./)
    expect(node.spec.taints).toBe(undefined)
    expect(Object.keys(node.metadata.labels)).not.toContain('node.kubernetes.io/exclude-from-external-load-balancers')
    expect((await lab.kina(['status', 'one', '-o', 'json'])).stdout).toContain('"status": "running"')
  })

  it('has nothing wrong that kina doctor could find', async () => {
    const { stdout } = await lab.kina(['doctor', '-o', 'json'])
    const { checks } = JSON.parse(stdout) as { checks: { name: string; outcome: string; findings: object[] }[] }
    // What is of the machine that tests, and not of the cluster: no way out, little room, no kubectl on the PATH or an old one.
    const ofTheMachine = ['node-dns', 'disk-space', 'memory', 'kubectl-installed', 'kubectl-skew']
    const found = checks.filter(({ name, outcome }) => outcome !== 'ok' && !ofTheMachine.includes(name))
    expect(found).toEqual([])
  })

  it('resolves names and reaches a service by its name, through kube-proxy', async () => {
    await lab.kubectl(['wait', '--for=condition=Ready', 'pod/client', '--timeout=180s'])
    await lab.kubectl(['rollout', 'status', 'deployment/web', '--timeout=180s'])
    const asked = [
      'exec',
      'client',
      '--',
      'busybox',
      'wget',
      '-q',
      '-O-',
      'http://web.default.svc.cluster.local/hostname',
    ]
    expect(await lab.until(asked, /^web-/)).toMatch(/^web-/)
  })

  it('is reached from the host through a mapped port', async () => {
    const answer = await fetch(`http://127.0.0.1:${hostPort}/hostname`)
    expect(await answer.text()).toMatch(/^web-/)
  })

  it('gives logs, runs commands and forwards ports by the kubeconfig that was written', async () => {
    expect(await lab.kubectl(['logs', 'deployment/web'])).toContain('Started HTTP server on port 8080')
    expect(await lab.kubectl(['exec', 'client', '--', 'hostname'])).toBe('client\n')
    const forward = lab.startKubectl(['port-forward', 'service/web', ':80'])
    try {
      const port = await new Promise<string>((found) =>
        forward.stdout?.on('data', (text: Uint8Array) => {
          const [, number] = /127\.0\.0\.1:(\d+) ->/.exec(String(text)) ?? []
          if (number !== undefined) found(number)
        }),
      )
      expect(await (await fetch(`http://127.0.0.1:${port}/hostname`)).text()).toMatch(/^web-/)
    } finally {
      forward.kill()
    }
  })

  it('binds a claim with the default StorageClass and keeps its data when the pod is replaced', async () => {
    await lab.kubectl(['apply', '--filename=-'], storage('first'))
    await lab.kubectl(['wait', '--for=condition=Ready', 'pod/first', '--timeout=180s'])
    await lab.kubectl(['exec', 'first', '--', 'sh', '-c', 'echo kept > /data/file'])
    await lab.kubectl(['delete', 'pod', 'first', '--wait'])
    await lab.kubectl(['apply', '--filename=-'], storage('second'))
    await lab.kubectl(['wait', '--for=condition=Ready', 'pod/second', '--timeout=180s'])
    expect(await lab.kubectl(['exec', 'second', '--', 'cat', '/data/file'])).toBe('kept\n')
  })

  it('saves the logs of its node and of its pods', async () => {
    expect((await lab.kina(['export', 'logs', 'saved', '--name', 'one'])).exitCode).toBe(0)
    const folder = join(lab.home, 'saved/one-control-plane')
    expect(await lab.readFile(join(folder, 'kubelet.log'))).toContain('Started kubelet')
    expect(await lab.readFile(join(folder, 'images.log'))).toContain('registry.k8s.io/kube-apiserver')
    expect(await lab.readFile(join(folder, 'kina/kubeadm-init.log'))).toContain(
      'Your Kubernetes control-plane has initialized',
    )
    const [one = ''] = (await readdir(join(folder, 'containers'))).filter((name) => name.startsWith('etcd-'))
    expect(await lab.readFile(join(folder, 'containers', one))).toContain('etcd')
    const pods = await readdir(join(folder, 'pods'))
    expect(pods.some((name) => name.startsWith('kube-system_etcd-one-control-plane_'))).toBe(true)
    expect(pods.some((name) => name.startsWith('default_web-'))).toBe(true)
  })

  it('carries its address only where the list says', async () => {
    const address = (
      await lab.kubectl(['get', 'node', 'one-control-plane', '--output=jsonpath={.status.addresses[0].address}'])
    ).trim()
    const { stdout } = await lab.kina([
      'exec',
      'one-control-plane',
      '--',
      'grep',
      '--recursive',
      '--files-with-matches',
      '--fixed-strings',
      address,
      '/etc',
      '/kind',
      '/var/lib/kubelet/config.yaml',
      '/var/lib/kubelet/kubeadm-flags.env',
      '/var/lib/kina',
    ])
    const listed = addressPlaces.map(({ place }) => place).join('\n')
    const unlisted = stdout
      .trim()
      .split('\n')
      .filter((path) => !listed.includes(path))
    expect(unlisted).toEqual([])
    expect(stdout).toContain('/etc/kubernetes/manifests/etcd.yaml')
  })

  it('leads to the API server at its service address without kube-proxy, and rejects what goes to other services', async () => {
    await lab.kubectl(['--namespace=kube-system', 'delete', 'daemonset', 'kube-proxy'])
    const gone = ['wait', '--for=delete', 'pod', '--selector=k8s-app=kube-proxy', '--timeout=60s']
    await lab.kubectl(['--namespace=kube-system', ...gone])
    const inNode = (...words: readonly string[]): Promise<{ readonly exitCode: number; readonly stdout: string }> =>
      lab.kina(['exec', 'one-control-plane', '--', ...words])
    expect((await inNode('iptables', '--table=nat', '--flush', 'KUBE-SERVICES')).exitCode).toBe(0)
    const ask = ['curl', '--silent', '--insecure', '--max-time', '5', 'https://10.96.0.1/livez']
    expect((await inNode(...ask)).stdout).toBe('ok')
    const connect = (address: string, port: string): Promise<string> =>
      lab.kubectl(['exec', 'client', '--', 'sh', '-c', `busybox nc -w 20 ${address} ${port} </dev/null 2>&1; echo $?`])
    expect(await connect('10.96.0.1', '443')).toBe('0\n')
    expect(await connect('10.96.0.10', '53')).toMatch(/refused|unreachable/i)
  })
})
