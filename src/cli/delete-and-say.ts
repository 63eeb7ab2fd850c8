import { deleteCluster } from '../cluster/delete-cluster.ts'
import type { Kina } from '../cluster/kina.ts'

/** Deletes one cluster and says what went, in kind's words. */
export async function deleteAndSay(kina: Kina, name: string, kubeconfig: string | undefined): Promise<void> {
  kina.report({ kind: 'notice', message: `Deleting cluster "${name}" ...` })
  const nodes = await deleteCluster(kina, name, kubeconfig === undefined ? {} : { kubeconfig })
  if (nodes.length > 0)
    kina.report({ kind: 'notice', message: `Deleted nodes: [${nodes.map((node) => `"${node}"`).join(' ')}]` })
}
