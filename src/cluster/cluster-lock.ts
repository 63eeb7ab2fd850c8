import { KinaError } from '../errors.ts'
import type { Host } from '../host/host.ts'
import { stateFolder } from './state-folder.ts'

/** Who holds a cluster, as its lock file says. */
interface Owner {
  readonly pid: number
  /** Tells the process from a later one with the same number. */
  readonly startTime: string
  readonly run: string
  readonly command: string
  /** Process groups of children, with the start time of each leader. */
  readonly children: readonly { readonly pid: number; readonly startTime: string }[]
}

export interface ClusterLock extends AsyncDisposable {
  /** The former owner died without letting go: the service may still be ending its calls. */
  readonly tookOver: boolean
}

/**
 * Takes the lock of a cluster for a command that changes it. Written to a temporary file and linked into place, so it is
 * never seen half-written; a dead owner's lock is moved away and looked at once more.
 * @throws KinaError `cluster-locked` when its owner lives.
 */
export async function acquireClusterLock(
  host: Host,
  cluster: string,
  { run, command }: { readonly run: string; readonly command: string },
): Promise<ClusterLock> {
  const folder = `${stateFolder(host)}/locks`
  const path = `${folder}/${cluster}.lock`
  const { files, processes, platform } = host
  await files.makeFolder(folder)
  const startTime = (await processes.startTime(platform.pid)) ?? ''
  const children: { pid: number; startTime: string }[] = []
  const text = (): string => JSON.stringify({ pid: platform.pid, startTime, run, command, children } satisfies Owner)
  const draft = `${path}.${run}`
  let tookOver = false
  await files.writeAtomically(draft, text())
  try {
    while (!(await files.link(draft, path))) {
      const owner = parseOwner(await files.read(path))
      if (owner && (await processes.startTime(owner.pid)) === owner.startTime) throw isLocked(cluster, owner)
      // Two may find the owner dead at once: the rename succeeds for one, and whoever comes late may have moved a living
      // owner's lock, which it then puts back.
      const aside = `${path}.dead.${run}`
      if (!(await files.rename(path, aside))) continue
      const moved = parseOwner(await files.read(aside))
      if (moved && (await processes.startTime(moved.pid)) === moved.startTime) {
        await files.link(aside, path)
        await files.remove(aside)
        throw isLocked(cluster, moved)
      }
      tookOver = true
      for (const child of moved?.children ?? []) {
        if ((await processes.startTime(child.pid)) === child.startTime) await processes.endGroup(child.pid)
      }
      await files.remove(aside)
    }
  } finally {
    await files.remove(draft)
  }
  let writing = Promise.resolve()
  host.onChild = (pid) => {
    writing = writing.then(async () => {
      children.push({ pid, startTime: (await processes.startTime(pid)) ?? '' })
      await files.writeAtomically(path, text())
    })
    writing.catch(() => undefined)
  }
  return {
    tookOver,
    async [Symbol.asyncDispose]() {
      host.onChild = undefined
      await writing.catch(() => undefined)
      await files.remove(path)
    },
  }
}

function parseOwner(text: string | undefined): Owner | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Owner)
  } catch {
    return undefined
  }
}

function isLocked(cluster: string, owner: Owner): KinaError {
  return new KinaError('cluster-locked', `Cannot change cluster "${cluster}": another kina is at work on it`, {
    seen: [`process ${owner.pid}: ${owner.command}, run ${owner.run}`],
    hint: 'Wait until it has ended, or interrupt it',
  })
}
