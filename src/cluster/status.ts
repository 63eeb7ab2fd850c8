import * as v from 'valibot'
import { nodeConditions } from '../guest/programs.ts'
import { connect } from './connect.ts'
import { requireCluster, type ClusterRecord, type NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'
import { readMarker } from './marker.ts'

interface NodeStatus {
  readonly name: string
  readonly role: string
  /** Of the container. */
  readonly state: string
  readonly address: string | undefined
  /** What Kubernetes says: Ready, NotReady, missing, unknown. */
  readonly kubernetes: 'Ready' | 'NotReady' | 'missing' | 'unknown'
  readonly version: string | undefined
}

export interface ClusterStatus {
  readonly name: string
  /** `running`: all is well. `degraded`: usable, something is missing. */
  readonly status: 'running' | 'degraded' | 'stopped' | 'unfinished'
  readonly nodes: readonly NodeStatus[]
  /** What is not as it should be, one sentence each. */
  readonly problems: readonly string[]
}

const nodeList = v.object({
  items: v.array(
    v.object({
      metadata: v.object({ name: v.string() }),
      status: v.object({
        conditions: v.optional(v.array(v.object({ type: v.string(), status: v.string() })), []),
        nodeInfo: v.optional(v.object({ kubeletVersion: v.optional(v.string()) })),
      }),
    }),
  ),
})

type Answer = ReadonlyMap<string, { readonly ready: boolean; readonly version: string | undefined }>

/**
 * The state of a cluster, asked of its containers and of its API server.
 * @throws KinaError `cluster-missing`, and when its control plane runs and nothing can be asked in it.
 */
export async function clusterStatus(kina: Kina, name: string): Promise<ClusterStatus> {
  const apple = connect(kina)
  const cluster = await requireCluster(apple, name)
  const first = cluster.nodes.find(({ role, state }) => role === 'control-plane' && state === 'running')
  if (!first) return assess(cluster, undefined, undefined)
  const argv = ['bash', '-c', nodeConditions.text, nodeConditions.name]
  const within = kina.deadlines.guestCommand
  const [answer, marker] = await Promise.all([
    apple.exec(first.id, argv, { within }),
    readMarker(apple, first.id, within),
  ])
  return assess(cluster, answer.exitCode === 0 ? parseNodes(answer.stdout) : undefined, marker)
}

function parseNodes(text: string): Answer | undefined {
  try {
    const { items } = v.parse(nodeList, JSON.parse(text))
    return new Map(
      items.map(({ metadata, status }) => [
        metadata.name,
        {
          ready: status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
          version: status.nodeInfo?.kubeletVersion,
        },
      ]),
    )
  } catch {
    return undefined
  }
}

/** Pure: what the containers, the API server (undefined: no answer) and the marker (undefined: none) mean together. */
export function assess(cluster: ClusterRecord, answer: Answer | undefined, marker: object | undefined): ClusterStatus {
  const nodes = cluster.nodes.map((node) => nodeStatus(node, answer))
  const anyRuns = nodes.some(({ state }) => state === 'running')
  const problems = [
    ...(anyRuns && !answer ? ['The API server does not answer'] : []),
    ...(anyRuns && !marker ? ['Its create has not come to its end'] : []),
    ...nodes
      .filter(({ state, kubernetes }) => state !== 'running' || kubernetes === 'NotReady' || kubernetes === 'missing')
      .map(({ name, state, kubernetes }) => `${name} is ${state === 'running' ? kubernetes : state}`),
  ]
  const status = !anyRuns ? 'stopped' : !marker ? 'unfinished' : problems.length > 0 ? 'degraded' : 'running'
  return { name: cluster.name, status, nodes, problems }
}

function nodeStatus(node: NodeRecord, answer: Answer | undefined): NodeStatus {
  const known = answer?.get(node.id)
  return {
    name: node.id,
    role: node.role,
    state: node.state,
    address: node.address,
    kubernetes: !answer ? 'unknown' : !known ? 'missing' : known.ready ? 'Ready' : 'NotReady',
    version: known?.version,
  }
}
