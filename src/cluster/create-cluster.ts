import type { AppleContainer, ContainerRecord, Network } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { openSessions } from '../guest/sessions.ts'
import type { Event, PhaseTime } from '../plan/events.ts'
import { runPlan } from '../plan/run-plan.ts'
import { adoptCluster } from './adopt-cluster.ts'
import { acquireClusterLock } from './cluster-lock.ts'
import { connectStarting } from './connect.ts'
import { planCreate } from './create.ts'
import { createRun, type CreateRun } from './create-run.ts'
import { kubeconfigToWrite } from './enter-kubeconfig.ts'
import { clustersAmong, type ClusterRecord } from './inspect.ts'
import type { Kina } from './kina.ts'
import type { NodeImageCache } from './load-from-cache.ts'
import { removeNodes } from './remove-nodes.ts'
import type { ClusterSpec } from './spec.ts'
import { undoCreate } from './undo-create.ts'
import { warnOfLittleRoom } from './warn-of-little-room.ts'

export interface CreateOptions {
  /** Value of `--kubeconfig`. */
  readonly kubeconfig?: string
  /** Keep a failed cluster. */
  readonly retain: boolean
  /** A cluster that is there already and runs is what was wanted. */
  readonly ifNotExists: boolean
  /** Where node images come from that are not in the store of `container`; without it `container` pulls them. */
  readonly imageCache: NodeImageCache | undefined
  /** Where prepared disks are; without it none is used. */
  readonly preparedFolder: string | undefined
  /** What has been reported in this execution, for the evidence of a failure. */
  readonly events: readonly Event[]
}

export interface CreateOutcome {
  /** False: `--if-not-exists` found the cluster finished and running. */
  readonly created: boolean
  readonly phases: readonly PhaseTime[]
  /** Workers given up under `--allow-degraded`. */
  readonly missing: readonly string[]
  /** Why the cluster was not Ready within `--wait`. */
  readonly notReady: string | undefined
}

/**
 * Makes the cluster that the spec describes, or leaves nothing.
 * @throws KinaError `cluster-exists`, `cluster-locked`, `cluster-stopped`, `name-taken`, `kubeconfig-unwritable`, and whatever a step throws.
 */
export async function createCluster(kina: Kina, spec: ClusterSpec, options: CreateOptions): Promise<CreateOutcome> {
  const [apple, kubeconfigPath] = await Promise.all([
    connectStarting(kina),
    kubeconfigToWrite(kina, options.kubeconfig),
  ])
  await using lock = await acquireClusterLock(kina.host, spec.name, { run: kina.run, command: 'create cluster' })
  if (lock.tookOver) await apple.passServiceLock({ signal: kina.signal })
  const [existing, network] = await Promise.all([
    roomFor(apple, spec),
    networkFor(kina, apple, spec),
    warnOfLittleRoom(kina, apple),
  ])
  if (existing) {
    if (!options.ifNotExists) throw clusterExists(spec.name)
    if (await adoptCluster(kina, apple, { spec, existing, kubeconfig: options.kubeconfig })) {
      return { created: false, phases: [], missing: [], notReady: undefined }
    }
    kina.report({ kind: 'notice', message: `Replace the unfinished cluster "${spec.name}"` })
    const belongs = ({ cluster }: { readonly cluster: string }): boolean => cluster === spec.name
    await removeNodes(kina, apple, { nodes: existing.nodes, belongs, afterLateWork: false, signal: kina.signal })
  }
  return await runCreate(kina, { apple, spec, network, kubeconfigPath }, options)
}

/**
 * The network, where it matters: nodes must reach each other, and a proxy must not be asked for it.
 * @throws KinaError `host-unsupported` for several nodes on macOS 15.
 */
async function networkFor({ signal }: Kina, apple: AppleContainer, spec: ClusterSpec): Promise<Network | undefined> {
  if (spec.nodes.length === 1 && spec.proxyVariables.length === 0) return undefined
  const network = await apple.defaultNetwork({ signal })
  if (spec.nodes.length > 1 && network === undefined) {
    throw new KinaError(
      'host-unsupported',
      `Cannot create cluster "${spec.name}": on macOS 15 nodes cannot reach each other`,
      {
        seen: [`${spec.nodes.length} nodes are asked for`],
        hint: 'Create a cluster of one node, or update to macOS 26',
      },
    )
  }
  return network
}

async function runCreate(
  kina: Kina,
  { apple, spec, network, kubeconfigPath }: Pick<CreateRun, 'apple' | 'spec' | 'network' | 'kubeconfigPath'>,
  options: CreateOptions,
): Promise<CreateOutcome> {
  const { host, deadlines } = kina
  const sessions = openSessions((node, argv) => apple.openExec(node, argv), {
    helloWithin: deadlines.sessionOpen,
    answerMargin: deadlines.answerMargin,
    explainEnd: apple.explainExecEnd,
    mark: () => host.clock.randomHex(16),
  })
  const run = createRun({
    kina,
    apple,
    spec,
    sessions,
    network,
    kubeconfigPath,
    imageCache: options.imageCache,
    preparedFolder: options.preparedFolder,
    // Letters a-f and digits are within kubeadm's token alphabet; 11 bytes of chance, gone with the last join.
    token: `${host.clock.randomHex(3)}.${host.clock.randomHex(8)}`,
    apiServerPort: spec.networking.apiServerPort,
  })
  try {
    const phases = await runPlan(planCreate(spec, options.preparedFolder !== undefined), run, {
      report: kina.report,
      signal: kina.signal,
      now: host.clock.now,
    })
    await sessions[Symbol.asyncDispose]()
    return { created: true, phases, missing: [...run.missing.keys()], notReady: run.notReady }
  } catch (error) {
    await sessions[Symbol.asyncDispose]()
    await takeBack(kina, run, options)
    throw error
  }
}

/** Undo never hides the error that made it necessary: its own failure is reported beneath. */
async function takeBack(kina: Kina, run: CreateRun, { retain, events }: CreateOptions): Promise<void> {
  if (retain) {
    kina.report({
      kind: 'warning',
      message: `Keep what was made of cluster "${run.spec.name}", as --retain asks`,
      hint: `Remove it with "kina delete cluster ${run.spec.name}"`,
    })
    return
  }
  try {
    await undoCreate(kina, run, events)
  } catch (error) {
    const seen = error instanceof KinaError && error.seen.length > 0 ? ` (${error.seen.join(', ')})` : ''
    kina.report({
      kind: 'warning',
      message: `Cannot undo the failed create: ${error instanceof Error ? error.message : String(error)}${seen}`,
      hint: (error instanceof KinaError && error.hint) || `Run "kina delete cluster ${run.spec.name}"`,
    })
  }
}

/**
 * Looks whether the names are free.
 * @returns the cluster of this name if there is one.
 * @throws KinaError `name-taken` for a container of somebody else, which is never touched.
 */
async function roomFor(apple: AppleContainer, spec: ClusterSpec): Promise<ClusterRecord | undefined> {
  const records: readonly ContainerRecord[] = await apple.list()
  const existing = clustersAmong(records).find(({ name }) => name === spec.name)
  const own = new Set(existing?.nodes.map(({ id }) => id))
  const wanted = new Set(spec.nodes.map(({ name }) => name))
  const foreign = records.find(({ id }) => wanted.has(id) && !own.has(id))
  if (foreign) {
    throw new KinaError(
      'name-taken',
      `Cannot create cluster "${spec.name}": a container named "${foreign.id}" exists and is not part of it`,
      {
        seen: [`image: ${foreign.image}`, `state: ${foreign.state}`],
        hint: 'Choose another cluster name, or remove that container yourself',
      },
    )
  }
  return existing
}

function clusterExists(name: string): KinaError {
  return new KinaError('cluster-exists', `node(s) already exist for a cluster with the name "${name}"`, {
    hint: `Delete it with "kina delete cluster ${name}", choose another name, or pass --if-not-exists`,
  })
}
