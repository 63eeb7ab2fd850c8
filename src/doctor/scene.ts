import type { AppleContainer, ContainerRecord, Network, Versions } from '../apple-container/apple-container.ts'
import { completionOf, type Completion } from '../cluster/completion.ts'
import { connect } from '../cluster/connect.ts'
import { clustersAmong, type ClusterRecord, type NodeRecord } from '../cluster/inspect.ts'
import type { Kina } from '../cluster/kina.ts'
import { KinaError } from '../errors.ts'
import { lookAtNode } from '../guest/programs.ts'

/** What a running node tells of itself, or why it tells nothing. */
interface NodeLook {
  readonly node: NodeRecord
  /** Values by the keys of `look-at-node.sh`; undefined when it did not answer. */
  readonly said: ReadonlyMap<string, string> | undefined
  /** Wall clock of the host in seconds since 1970, between question and answer. */
  readonly askedAt: number
  readonly reason: string
}

/** What the checks look at. Everything is asked once, when the first check wants it. */
export interface Scene {
  readonly kina: Kina
  readonly apple: AppleContainer
  /** Name of the cluster that a create without a name would make. */
  readonly clusterName: string
  versions(): Promise<Versions>
  /** Whether something that the service had begun before keeps everybody waiting. @throws KinaError `timed-out`. */
  passLock(): Promise<void>
  containers(): Promise<readonly ContainerRecord[]>
  /** @throws KinaError `timed-out` where the service hangs. */
  clusters(): Promise<readonly ClusterRecord[]>
  completion(cluster: ClusterRecord): Promise<Completion>
  network(): Promise<Network | undefined>
  /** Folder of the service's data, empty while it does not run. */
  dataFolder(): Promise<string>
  /** All nodes that run. */
  nodes(): Promise<readonly NodeLook[]>
}

export function sceneOf(kina: Kina, clusterName: string): Scene {
  const apple = connect(kina)
  const { signal, deadlines } = kina
  const completions = new Map<string, Promise<Completion>>()

  const containers = once(() => apple.list({ signal }))
  const passLock = once(() => apple.passServiceLock({ signal, within: deadlines.serviceLock }))
  const clusters = once(async () => {
    if (clustersAmong(await containers()).length === 0) return []
    // What the service is still at work on has ended when the second list is made. And where its lock is held for good no exec
    // begins, and each would wait for its whole deadline.
    await passLock()
    return clustersAmong(await apple.list({ signal }))
  })
  const scene: Scene = {
    kina,
    apple,
    clusterName,
    versions: once(() => apple.versions({ signal })),
    passLock,
    containers,
    clusters,
    completion(cluster) {
      const known = completions.get(cluster.name) ?? completionOf(apple, cluster, deadlines.guestCommand)
      completions.set(cluster.name, known)
      return known
    },
    network: once(() => apple.defaultNetwork({ signal })),
    dataFolder: once(() => apple.dataFolder({ signal })),
    nodes: once(async () => {
      const running = (await clusters()).flatMap(({ nodes }) => nodes).filter(({ state }) => state === 'running')
      return await Promise.all(running.map((node) => look(scene, node)))
    }),
  }
  return scene
}

async function look({ kina, apple }: Scene, node: NodeRecord): Promise<NodeLook> {
  const argv = ['bash', '-c', lookAtNode.text, lookAtNode.name]
  const before = kina.host.clock.date().getTime()
  const { exitCode, ended, stdout, stderr } = await apple.exec(node.id, argv, {
    signal: kina.signal,
    within: kina.deadlines.guestCommand,
  })
  const askedAt = (before + kina.host.clock.date().getTime()) / 2000
  if (exitCode !== 0) {
    const reason = ended === 'exited' ? (stderr.trim().split('\n').at(-1) ?? '') : ended
    return { node, said: undefined, askedAt, reason: reason || `exit code ${exitCode}` }
  }
  const said = new Map(
    stdout.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
      const [, key, value] = /^([a-z-]+) (.+)$/.exec(line) ?? []
      return key === undefined || value === undefined ? [] : [[key, value]]
    }),
  )
  return { node, said, askedAt, reason: '' }
}

/** What running nodes said to one key; nodes that did not answer are the business of one check alone. */
export async function saidByNodes(
  scene: Scene,
  key: string,
): Promise<readonly { readonly node: NodeRecord; readonly value: string; readonly askedAt: number }[]> {
  return (await scene.nodes()).flatMap(({ node, said, askedAt }) => {
    const value = said?.get(key)
    return value === undefined ? [] : [{ node, value, askedAt }]
  })
}

/** Nodes that said `no` (or `yes`) to a question, by name. */
export async function nodesThatSay(scene: Scene, key: string, answer: 'yes' | 'no'): Promise<readonly string[]> {
  return (await saidByNodes(scene, key)).filter(({ value }) => value === answer).map(({ node }) => node.id)
}

/** @throws KinaError that was not to be expected: a check tells of those that it knows. */
export function codeOf(error: unknown): KinaError {
  if (error instanceof KinaError) return error
  throw error
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => (asked ??= ask())
}
