import { defineCommand } from '../define-command.ts'
import { clusterNameFor, nameOption, outputOption } from '../shared-options.ts'

export const status = defineCommand({
  name: ['status'],
  summary: 'Show how a cluster is',
  details: ['Ends with exit code 1 unless all of the cluster is well.'],
  positionals: [{ name: 'NAME', help: 'Name of the cluster' }],
  options: { name: nameOption, output: outputOption },
  examples: ['kina status', 'kina status dev -o json'],
  async run({ kina, values, words, stdout }) {
    const name = clusterNameFor(kina, values.name, words)
    const [{ clusterStatus }, { render }] = await Promise.all([
      import('../../cluster/status.ts'),
      import('../render/output.ts'),
    ])
    const found = await clusterStatus(kina, name)
    const row = (node: (typeof found.nodes)[number]): readonly string[] => [
      node.name,
      node.role,
      node.state,
      node.kubernetes,
      node.version ?? '',
      node.address ?? '',
    ]
    stdout(
      await render(
        {
          title: `${found.name}: ${found.status}`,
          columns: ['NODE', 'ROLE', 'STATE', 'KUBERNETES', 'VERSION', 'ADDRESS'],
          rows: found.nodes.map(row),
          names: [found.status],
          data: found,
        },
        values.output ?? 'table',
      ),
    )
    for (const message of found.problems) kina.report({ kind: 'warning', message })
    return found.status === 'running' ? 0 : 1
  },
})
