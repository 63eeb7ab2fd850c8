import { stateFolder } from '../cluster/state-folder.ts'
import type { Host } from '../host/host.ts'
import { ownerOf, type Owner } from '../host/owner-file.ts'

function lockFolder(host: Host): string {
  return `${stateFolder(host)}/locks`
}

/** The kina that is at work on a cluster, undefined when none is. */
export async function ownerOfCluster(host: Host, cluster: string): Promise<Owner | undefined> {
  const found = await ownerOf(host, `${lockFolder(host)}/${cluster}.lock`)
  return found?.isAlive ? found.owner : undefined
}

/** Names of clusters whose lock was left by a kina that died. */
export async function clustersWithDeadLocks(host: Host): Promise<readonly string[]> {
  const names = (await host.files.list(lockFolder(host)))
    .filter((file) => file.endsWith('.lock'))
    .map((file) => file.slice(0, -'.lock'.length))
    .toSorted()
  const owners = await Promise.all(names.map((name) => ownerOfCluster(host, name)))
  return names.filter((_, index) => owners[index] === undefined)
}
