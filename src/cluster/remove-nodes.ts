import type { AppleContainer } from '../apple-container/apple-container.ts'
import { KinaError } from '../errors.ts'
import { clustersAmong, type NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'
import { labels } from './names.ts'
import { preparedFolder } from './state-folder.ts'

export interface Removal {
  readonly nodes: readonly NodeRecord[]
  /** The service may still be at work for a call whose caller was ended: wait for it first, then look again. */
  readonly afterLateWork: boolean
  /** Which nodes of a later list, and which volumes, are to go as well. */
  readonly belongs: (its: Pick<NodeRecord, 'cluster' | 'run'>) => boolean
  readonly signal: AbortSignal
}

/**
 * Removes nodes and looks again: the service ends a killed caller's work late, so a node may appear after the first look.
 * The removal passes the service's lock, hence what was under way before has ended when the second list is made.
 * @returns the names of all that was removed.
 * @throws KinaError `service-hung` when something cannot be removed in time, naming what is left.
 */
export async function removeNodes(kina: Kina, apple: AppleContainer, removal: Removal): Promise<readonly string[]> {
  const { belongs, signal } = removal
  const within = kina.deadlines.delete
  const removed = new Set<string>()
  let left = removal.nodes
  try {
    if (removal.afterLateWork) {
      await apple.passServiceLock({ within, signal })
      left = await nodesThat(apple, belongs, signal)
    }
    let hadVolumes = false
    while (left.length > 0) {
      const before = left
      hadVolumes ||= before.some(({ volumes }) => volumes.length > 0)
      before.forEach(({ id }) => removed.add(id))
      await apple.remove(
        before.map(({ id }) => id),
        { within, signal },
      )
      left = await nodesThat(apple, belongs, signal)
      // What a removal that succeeded leaves behind will not go by being asked again.
      if (left.length > 0 && left.every(({ id }) => before.some((node) => node.id === id))) throw stillThere(left)
    }
    await removeVolumes(kina, apple, { hadVolumes, ...removal })
    return [...removed]
  } catch (error) {
    if (!isOutOfTime(error, signal)) throw error
    throw new KinaError('service-hung', 'Cannot remove nodes: the container service does not answer', {
      seen: left.map(({ id }) => `left: ${id}`),
      hint: 'Run "container system stop" and "container system start" (this stops everybody\'s containers), then delete again',
      cause: error,
    })
  }
}

/**
 * The clones of prepared disks, after the nodes that had them. A create that was killed may have left some without a node: where
 * there have ever been prepared disks they are looked for.
 */
async function removeVolumes(
  { host, deadlines }: Kina,
  apple: AppleContainer,
  { hadVolumes, belongs, signal }: Pick<Removal, 'belongs' | 'signal'> & { readonly hadVolumes: boolean },
): Promise<void> {
  // A cache that cannot be looked into may have had some.
  const hadDisks = (): Promise<boolean> =>
    host.files.kindOf(preparedFolder(host)).then(
      (kind) => kind !== undefined,
      () => true,
    )
  if (!hadVolumes && !(await hadDisks())) return
  const names = (await apple.listVolumes({ signal }))
    .filter(({ labels: { [labels.cluster]: cluster, [labels.run]: run = '' } }) =>
      cluster === undefined ? false : belongs({ cluster, run }),
    )
    .map(({ name }) => name)
  if (names.length > 0) await apple.deleteVolumes(names, { within: deadlines.delete, signal })
}

/** A call may run out of its own time, or of that of the whole removal. */
function isOutOfTime(error: unknown, { aborted, reason }: AbortSignal): boolean {
  if (!(error instanceof KinaError)) return false
  return error.code === 'timed-out' || (aborted && reason instanceof Error && reason.name === 'TimeoutError')
}

/** The nodes of all clusters for which this is so. */
export async function nodesThat(
  apple: AppleContainer,
  belongs: (node: NodeRecord) => boolean,
  signal: AbortSignal,
): Promise<readonly NodeRecord[]> {
  return clustersAmong(await apple.list({ signal }))
    .flatMap(({ nodes }) => nodes)
    .filter(belongs)
}

function stillThere(nodes: readonly NodeRecord[]): KinaError {
  return new KinaError('command-failed', 'Cannot remove nodes: container says that it did, and lists them still', {
    seen: nodes.map(({ id, state }) => `left: ${id}, ${state}`),
    hint: 'Run "container delete --force" with these names',
  })
}
