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
 * Takes the lock of a cluster for a command that changes it.
 * @throws KinaError `cluster-locked` when its owner lives.
 */
export async function acquireClusterLock(
  host: Host,
  cluster: string,
  { run, command }: { readonly run: string; readonly command: string },
): Promise<ClusterLock> {
  const { files, processes, platform } = host
  const folder = `${stateFolder(host)}/locks`
  const path = `${folder}/${cluster}.lock`
  await files.makeFolder(folder)
  const children: { pid: number; startTime: string }[] = []
  const own: Owner = {
    pid: platform.pid,
    startTime: (await processes.startTime(platform.pid)) ?? '',
    run,
    command,
    children,
  }
  const tookOver = await take(host, cluster, path, own)
  let writing = Promise.resolve()
  host.onChild = (pid) => {
    writing = writing.then(async () => {
      children.push({ pid, startTime: (await processes.startTime(pid)) ?? '' })
      await files.writeAtomically(path, JSON.stringify(own))
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

/**
 * Puts the owner's file into place: linked from a complete one, so that it is never seen half-written.
 *
 * A dead owner's file is replaced under a guard, a lock that is taken in the same way and is named after the dead run: whoever
 * holds it looks once more, and nobody else can have changed the file from then on. So there is no moment without a file in
 * which a third could come in, and a living owner's file is never moved.
 * @returns whether a dead owner's place was taken.
 */
async function take(host: Host, cluster: string, path: string, own: Owner): Promise<boolean> {
  const { files, processes } = host
  const draft = `${path}.${own.run}`
  await files.writeAtomically(draft, JSON.stringify(own))
  try {
    while (!(await files.link(draft, path))) {
      const found = await files.read(path)
      // Let go in the meantime.
      if (found === undefined) continue
      const owner = parseOwner(found)
      if (owner && (await processes.startTime(owner.pid)) === owner.startTime) throw isLocked(cluster, owner)
      const guard = `${path}.after-${owner?.run ?? 'unreadable'}`
      await take(host, cluster, guard, own)
      try {
        if ((await files.read(path)) !== found) continue
        for (const child of owner?.children ?? []) {
          if ((await processes.startTime(child.pid)) === child.startTime) await processes.endGroup(child.pid)
        }
        await files.rename(draft, path)
        return true
      } finally {
        await files.remove(guard)
      }
    }
    return false
  } finally {
    await files.remove(draft)
  }
}

/** Undefined for what no kina wrote. The run becomes part of a file name. */
function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Owner
    return /^\w+$/.test(owner.run) ? owner : undefined
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
