import { deleteCluster } from '../../cluster/delete-cluster.ts'
import { blocks, warns, type Check, type Finding } from '../check.ts'
import { ownerOfCluster } from '../lock-owners.ts'

/** Clusters whose create did not come to its end and that no kina is at work on: killed ones, and those kept by --retain. */
export const leftovers: Check = {
  name: 'leftovers',
  claim: 'no unfinished cluster is left',
  async look({ kina, clusters, completion, clusterName }) {
    const all = await clusters()
    const found = await Promise.all(
      all.map(async (cluster): Promise<readonly Finding[]> => {
        const { name, nodes } = cluster
        if ((await ownerOfCluster(kina.host, name)) !== undefined || (await completion(cluster)).is !== 'unfinished')
          return []
        const mend = {
          does: `Remove the unfinished cluster "${name}"`,
          run: async (): Promise<void> => {
            await deleteCluster(kina, name, {})
          },
        }
        const evidence = `the create of cluster "${name}" did not come to its end; left: ${nodes.map(({ id }) => id).join(', ')}`
        return [(name === clusterName ? blocks : warns)(evidence, `kina delete cluster ${name}`, mend)]
      }),
    )
    return found.flat()
  },
}
