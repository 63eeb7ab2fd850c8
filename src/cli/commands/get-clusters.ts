import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const getClusters = defineCommand({
  name: ['get', 'clusters'],
  summary: 'List clusters',
  details: ['Prints names, one a line, unless told otherwise.'],
  positionals: [],
  options: { output: outputOption },
  examples: ['kina get clusters', 'kina get clusters -o json'],
  async run({ kina, values, stdout }) {
    const [{ listClusters }, { render }] = await Promise.all([
      import('../../cluster/list-nodes.ts'),
      import('../render/output.ts'),
    ])
    const clusters = await listClusters(kina)
    if (clusters.length === 0) kina.report({ kind: 'notice', message: `No ${kina.product} clusters found.` })
    const running = (cluster: (typeof clusters)[number]): number =>
      cluster.nodes.filter(({ state }) => state === 'running').length
    stdout(
      await render(
        {
          columns: ['NAME', 'NODES', 'RUNNING'],
          rows: clusters.map((cluster) => [cluster.name, String(cluster.nodes.length), String(running(cluster))]),
          names: clusters.map(({ name }) => name),
          data: clusters.map((cluster) => ({
            name: cluster.name,
            running: running(cluster),
            nodes: cluster.nodes.map(({ id, role, state }) => ({ name: id, role, state })),
          })),
        },
        values.output ?? 'name',
      ),
    )
    return 0
  },
})
