import { defineCommand } from '../define-command.ts'
import { clusterNameFor, kubeconfigOption, nameOption, nameWord } from '../shared-options.ts'

export const deleteCluster = defineCommand({
  name: ['delete', 'cluster'],
  aliases: [['delete']],
  summary: 'Delete a cluster',
  details: [
    'Removes all nodes of the cluster and its entries in the kubeconfig, also when the nodes are gone already.',
  ],
  positionals: [nameWord],
  options: { name: nameOption, kubeconfig: kubeconfigOption },
  examples: ['kina delete cluster', 'kina delete cluster dev'],
  async run({ kina, values, words }) {
    const name = clusterNameFor(kina, values.name, words)
    const { deleteAndSay } = await import('../delete-and-say.ts')
    await deleteAndSay(kina, name, values.kubeconfig)
    return 0
  },
})
