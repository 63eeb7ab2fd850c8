import type { AppleContainer, Network } from '../apple-container/apple-container.ts'
import { advisedRelease } from '../apple-container/features.ts'
import type { GuestProgram, GuestRequest } from '../guest/program.ts'
import type { Sessions } from '../guest/sessions.ts'
import { KinaError } from '../errors.ts'
import type { Kina } from './kina.ts'
import type { NodeImageCache } from './load-from-cache.ts'
import type { ClusterSpec, NodeSpec } from './spec.ts'
import { prepareNode } from '../guest/programs.ts'

/** What a node says about itself once it is up. */
export interface NodeFacts {
  /** Version of Kubernetes in the image, from `/kind/version`: `v1.35.5`. */
  readonly version: string
  /** Of the cluster's first IP family. */
  readonly address: string
  /** In dual stack, the address of the other family. */
  readonly secondAddress: string | undefined
}

/** What the steps of one create share: the spec, the ways to act, and secrets that live as long as the run. */
export interface CreateRun {
  readonly kina: Kina
  readonly apple: AppleContainer
  readonly spec: ClusterSpec
  readonly sessions: Sessions
  /** The image cache, undefined where it is to be left alone. */
  readonly imageCache: NodeImageCache | undefined
  /** Where prepared disks are, undefined where they are to be left alone. */
  readonly preparedFolder: string | undefined
  /** Nodes that get a clone of a prepared disk, by name: its id and the volume that holds the clone. */
  readonly disks: Map<string, { readonly id: string; readonly volume: string }>
  /** Kubeconfig file that will be written. */
  readonly kubeconfigPath: string
  /** Bootstrap token of this run; never printed, deleted after the last join. */
  readonly token: string
  /** Port of the API server on the host, chosen before the create and chosen anew when it cannot be bound. */
  apiServerPort: number
  /** Workers given up under `--allow-degraded`, with the reason. */
  readonly missing: Map<string, string>
  /** The network of the nodes, asked for only where somebody needs it. */
  readonly network: Network | undefined
  /** Whether this run changed the kubeconfig: undo must take the entry out again. */
  wroteKubeconfig: boolean
  /** Why the cluster was not Ready in time, once `wait-ready` has given up. */
  notReady: string | undefined
  /** Asked once a node and remembered: what `prepare-node` prints. */
  facts(node: NodeSpec): Promise<NodeFacts>
}

export function createRun(
  parts: Omit<CreateRun, 'facts' | 'missing' | 'disks' | 'wroteKubeconfig' | 'notReady'>,
): CreateRun {
  const known = new Map<string, Promise<NodeFacts>>()
  const run: CreateRun = {
    ...parts,
    missing: new Map(),
    disks: new Map(),
    wroteKubeconfig: false,
    notReady: undefined,
    facts(node) {
      let facts = known.get(node.name)
      if (!facts) {
        facts = askFacts(run, node)
        known.set(node.name, facts)
        facts.catch(() => known.delete(node.name))
      }
      return facts
    },
  }
  return run
}

export function controlPlaneOf(spec: ClusterSpec): NodeSpec {
  const node = spec.nodes.find(({ role }) => role === 'control-plane')
  if (!node) throw new Error('ClusterSpec has no control plane')
  return node
}

export function workersOf(spec: ClusterSpec): readonly NodeSpec[] {
  return spec.nodes.filter(({ role }) => role === 'worker')
}

/**
 * Runs a node program that must succeed.
 * @returns what it printed.
 * @throws KinaError `node-command-failed` with the last lines of its stderr.
 */
export async function runInNode(
  sessions: Sessions,
  node: string,
  program: GuestProgram,
  request: GuestRequest,
): Promise<string> {
  const result = await sessions.run(node, program, request)
  if (result.exitCode !== 0) {
    throw new KinaError(
      'node-command-failed',
      `Cannot run ${program.name} in node "${node}": exit code ${result.exitCode}`,
      {
        seen: result.stderr.trim().split('\n').slice(-20),
      },
    )
  }
  return result.stdout
}

const noNfTables = 20
const procSysReadOnly = 21
const noIpv6Address = 22

async function askFacts(run: CreateRun, node: NodeSpec): Promise<NodeFacts> {
  const result = await run.sessions.run(node.name, prepareNode, {
    args: [run.spec.networking.ipFamily],
    within: run.kina.deadlines.nodeReadyForKubeadm,
    signal: run.kina.signal,
  })
  const seen = result.stderr.trim().split('\n').slice(-5)
  if (result.exitCode === noNfTables) {
    throw new KinaError('kernel-unsupported', `Cannot prepare node "${node.name}": its guest kernel has no nf_tables`, {
      seen,
      hint: 'Run "container system kernel set --recommended --force" and create the cluster again',
    })
  }
  if (result.exitCode === procSysReadOnly) {
    throw new KinaError('container-unsupported', `Cannot prepare node "${node.name}": /proc/sys is read-only in it`, {
      seen,
      hint: `Install container ${advisedRelease} or later, which can switch this protection off`,
    })
  }
  if (result.exitCode === noIpv6Address) {
    throw new KinaError('host-unsupported', `Cannot prepare node "${node.name}": it has no IPv6 address`, {
      seen,
      hint: 'IPv6 needs macOS 26; see "container network inspect default", or leave networking.ipFamily at ipv4',
    })
  }
  if (result.exitCode !== 0) {
    throw new KinaError('node-command-failed', `Cannot prepare node "${node.name}": exit code ${result.exitCode}`, {
      seen,
    })
  }
  const lines = new Map(
    result.stdout.split('\n').map((line): [string, string] => {
      const space = line.indexOf(' ')
      return [line.slice(0, space), line.slice(space + 1).trim()]
    }),
  )
  const value = (key: string): string => {
    const found = lines.get(key)
    if (!found) {
      throw new KinaError('unexpected-answer', `Cannot prepare node "${node.name}": it did not say its ${key}`, {
        seen: result.stdout.split('\n').slice(0, 5),
        hint: 'Check that the image is a kindest/node image',
      })
    }
    return found
  }
  return { version: value('version'), address: value('address'), secondAddress: lines.get('second-address') }
}
