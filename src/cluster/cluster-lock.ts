import { KinaError } from '../errors.ts'
import type { Host } from '../host/host.ts'
import {
  asUnwritable,
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

/**
 * Takes the lock of a cluster for a command that changes it.
 * @throws KinaError `cluster-locked` when its owner lives, `state-unwritable` when there is no place for it.
 */
export async function acquireClusterLock(
  host: Host,
  cluster: string,
  about: { readonly run: string; readonly command: string },
): Promise<ClusterLock> {
  const { files, processes } = host
  const folder = `${stateFolder(host)}/locks`
  const path = `${folder}/${cluster}.lock`
  const children: { pid: number; startTime: string }[] = []
  const own = await thisProcess(host, about, children)
  const taken = await writing(folder, async () => {
    await files.makeFolder(folder)
    return await takeOwnerFile(host, path, own)
  })
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

async function writing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asUnwritable(error, 'state-unwritable', `the state folder "${folder}"`, 'Name another one in KINA_STATE_DIR')
  }
}

function isLocked(cluster: string, owner: Owner): KinaError {
  return new KinaError('cluster-locked', `Cannot change cluster "${cluster}": another kina is at work on it`, {
    seen: [`process ${owner.pid}: ${owner.command}, run ${owner.run}`],
    hint: 'Wait until it has ended, or interrupt it',
  })
}
