import { deleteCluster } from '../cluster/delete-cluster.ts'
import type { Kina } from '../cluster/kina.ts'
import { contextName } from '../cluster/names.ts'

/** Deletes one cluster and says what went, in kind's words. */
export async function deleteAndSay(kina: Kina, name: string, kubeconfig: string | undefined): Promise<void> {
  kina.report({ kind: 'notice', message: `Deleting cluster "${name}" ...` })
  const nodes = await deleteCluster(kina, name, {
    contextName: contextName(kina.product, name),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  })
  if (nodes.length > 0)
    kina.report({ kind: 'notice', message: `Deleted nodes: [${nodes.map((node) => `"${node}"`).join(' ')}]` })
}
