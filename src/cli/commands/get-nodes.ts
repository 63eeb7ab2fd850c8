import { defineCommand } from '../define-command.ts'
import { clusterNameFor, nameOption, nameWord, outputOption } from '../shared-options.ts'

export const getNodes = defineCommand({
  name: ['get', 'nodes'],
  summary: 'List the nodes of a cluster',
  details: ['Prints names, one a line, unless told otherwise.'],
  positionals: [nameWord],
  options: {
    name: nameOption,
    allClusters: { short: 'A', help: 'List the nodes of all clusters' },
    output: outputOption,
  },
  examples: ['kina get nodes', 'kina get nodes dev -o table', 'kina get nodes --all-clusters'],
  async run({ kina, values, words, stdout }) {
    const name = values.allClusters ? undefined : clusterNameFor(kina, values.name, words)
    const [{ listNodes }, { render }] = await Promise.all([
      import('../../cluster/list-nodes.ts'),
      import('../render/output.ts'),
    ])
    const nodes = await listNodes(kina, name)
    if (nodes.length === 0) {
      const message =
        name === undefined
          ? `No ${kina.product} nodes for any cluster.`
          : `No ${kina.product} nodes found for cluster "${name}".`
      kina.report({ kind: 'notice', message })
    }
    stdout(
      await render(
        {
          columns: ['NAME', 'CLUSTER', 'ROLE', 'STATE', 'ADDRESS', 'IMAGE'],
          rows: nodes.map(({ id, cluster, role, state, address, image }) => [
            id,
            cluster,
            role,
            state,
            address ?? '',
            image,
          ]),
          names: nodes.map(({ id }) => id),
          data: nodes.map(({ id, cluster, role, state, address, image, publishedPorts }) => ({
            name: id,
            cluster,
            role,
            state,
            ...(address === undefined ? {} : { address }),
            image,
            publishedPorts,
          })),
        },
        values.output ?? 'name',
      ),
    )
    return 0
  },
})
