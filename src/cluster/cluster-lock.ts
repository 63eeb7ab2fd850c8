import { KinaError } from '../errors.ts'
import type { Host } from '../host/host.ts'
import {
  asUnwritable,
  endChildrenOf,
  ownerOf,
  rewriteOwnerFile,
  sweepOwnerFiles,
  takeOwnerFile,
  thisProcess,
  type Owner,
} from '../host/owner-file.ts'
import { stateFolder } from './state-folder.ts'

export interface ClusterLock extends AsyncDisposable {
  /** The former owner died without letting go: the service may still be ending its calls. */
  readonly tookOver: boolean
}

interface LockRequest {
  readonly run: string
  readonly command: string
  /** What frees space must not need any: with this, a lock that cannot be written is told and the command goes on without. */
  readonly onUnwritable?: (error: KinaError) => void
}

/**
 * Takes the lock of a cluster for a command that changes it.
 * @throws KinaError `cluster-locked` when its owner lives, `state-unwritable` when there is no place for it.
 */
export async function acquireClusterLock(host: Host, cluster: string, request: LockRequest): Promise<ClusterLock> {
  const { files, processes } = host
  const folder = `${stateFolder(host)}/locks`
  const path = `${folder}/${cluster}.lock`
  const children: { pid: number; startTime: string }[] = []
  const own = await thisProcess(host, request, children)
  let taken
  try {
    await files.makeFolder(folder)
    taken = await takeOwnerFile(host, path, own)
  } catch (error) {
    const told = asUnwritable(
      error,
      'state-unwritable',
      `Cannot write in the state folder "${folder}"`,
      'Free some space, or name another folder in KINA_STATE_DIR; "kina delete cluster" goes on without it',
    )
    if (!(told instanceof KinaError) || !request.onUnwritable) throw told
    const owner = await goWithout(host, cluster, path)
    request.onUnwritable(told)
    // Whatever went before may have been killed as well: the service's work is waited for in any case.
    return { tookOver: true, [Symbol.asyncDispose]: async () => void (owner && (await files.remove(path))) }
  }
  if (!taken.isTaken) throw isLocked(cluster, taken.owner)
  await sweepOwnerFiles(host, path, own)
  let rewriting = Promise.resolve()
  host.onChild = (pid) => {
    rewriting = rewriting.then(async () => {
      children.push({ pid, startTime: (await processes.startTime(pid)) ?? '' })
      await rewriteOwnerFile(host, path, own)
    })
    rewriting.catch(() => undefined)
  }
  return {
    tookOver: taken.tookOver,
    async [Symbol.asyncDispose]() {
      host.onChild = undefined
      await rewriting.catch(() => undefined)
      await files.remove(path)
    },
  }
}

/**
 * There is no room for a lock, but for its meaning: a living owner is respected, a dead one's children are ended.
 * @returns the dead owner.
 */
async function goWithout(host: Host, cluster: string, path: string): Promise<Owner | undefined> {
  const found = await ownerOf(host, path)
  if (found?.isAlive) throw isLocked(cluster, found.owner)
  if (found) await endChildrenOf(host, found.owner)
  return found?.owner
}

function isLocked(cluster: string, owner: Owner): KinaError {
  return new KinaError('cluster-locked', `Cannot change cluster "${cluster}": another kina is at work on it`, {
    seen: [`process ${owner.pid}: ${owner.command}, run ${owner.run}`],
    hint: 'Wait until it has ended, or interrupt it',
  })
}
