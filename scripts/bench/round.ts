import { memoryBelow } from './cluster-memory.ts'
import type { Measured } from './measures.ts'
import { nodesOf, type Tool, type Tools } from './tools.ts'
import { watch } from './watch-process.ts'

/** After the last pod has come up, before the memory of a cluster is read. */
const settleMs = 15_000

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: first}
spec:
  selector: {matchLabels: {app: first}}
  template:
    metadata: {labels: {app: first}}
    spec: {containers: [{name: first, image: 'docker.io/kina-lab/agnhost:1', args: [pause]}]}
`

/** A cluster file with one control plane and workers. */
export function fileFor(nodes: number): string {
  return `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n${'- role: worker\n'.repeat(nodes - 1)}`
}

/** One cluster from create to delete. @param kubectl of the node image's release, the same for both tools. */
export async function measureTool(tool: Tool, nodes: number, kubectl: string): Promise<Measured> {
  await watch(tool.remove, tool.env)
  const started = performance.now()
  const since = (): number => (performance.now() - started) / 1000
  const ask = (words: readonly string[], input?: string): Promise<unknown> =>
    watch([kubectl, ...words], tool.env, input)
  const { cpuSeconds, peakBytes } = await watch(tool.create, tool.env, fileFor(nodes))
  const returned = since()
  const firstPod = async (): Promise<unknown> => {
    await ask(['apply', '--filename=-'], deployment)
    return await ask(['wait', '--for=condition=Available', 'deployment/first', '--timeout=300s'])
  }
  const [ready, dns, first] = await Promise.all([
    ask(['wait', '--for=condition=Ready', 'node', '--all', '--timeout=300s']).then(since),
    ask(['--namespace=kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=300s']).then(since),
    firstPod().then(since),
  ])
  await new Promise((done) => setTimeout(done, settleMs))
  const inits = await tool.inits()
  if (inits.length !== nodes) throw new Error(`${tool.name} made ${inits.length} nodes, not ${nodes}`)
  const rest = memoryBelow(inits)
  const before = since()
  await watch(tool.remove, tool.env)
  return {
    returned,
    ready,
    dns,
    firstPod: first,
    deleted: since() - before,
    cpu: cpuSeconds,
    peak: peakBytes,
    rest,
  }
}

/** Seconds that `container delete --force` takes for the nodes of a cluster that kina has made. */
export async function measureBareDelete({ kina, bareDelete }: Tools, nodes: number): Promise<number> {
  await watch(kina.create, kina.env, fileFor(nodes))
  const started = performance.now()
  await watch([...bareDelete, ...nodesOf(nodes)], kina.env)
  const seconds = (performance.now() - started) / 1000
  // What is left is the entry in the kubeconfig.
  await watch(kina.remove, kina.env)
  return seconds
}
