import { defaults } from '../../config/defaults.ts'
import { nameInEnvironment } from '../../config/resolve.ts'
import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const doctor = defineCommand({
  name: ['doctor'],
  summary: 'Look for what stops a create or troubles a cluster',
  details: [
    'Looks at the machine, at container and its service, and at the nodes of every cluster; looking changes nothing. Ends with exit code 1 when something would stop a create.',
    "With --fix it starts the service, takes over locks of a kina that died, and removes clusters whose create did not come to its end and that no kina is at work on, those kept by --retain too. It touches nothing without kina's labels.",
  ],
  positionals: [],
  options: { fix: { help: 'Mend what can be mended safely, then look again' }, output: outputOption },
  examples: ['kina doctor', 'kina doctor --fix', 'kina doctor -o json'],
  async run({ kina, values, stdout }) {
    const [{ diagnose }, { render }] = await Promise.all([
      import('../../doctor/diagnose.ts'),
      import('../render/output.ts'),
    ])
    const { host, product } = kina
    const clusterName = nameInEnvironment({ env: host.env, product }) ?? defaults.clusterName[product]
    const { results, mended } = await diagnose(kina, clusterName, values.fix)
    const rows = results.flatMap(({ name, claim, outcome, findings, reason }) =>
      findings.length > 0
        ? findings.map(({ blocks, evidence, remedy }) => [name, blocks ? 'problem' : 'warning', evidence, remedy])
        : [[name, outcome, reason === undefined ? claim : `cannot be seen: ${reason}`, '']],
    )
    const problems = rows.filter(([, outcome]) => outcome === 'problem').length
    const warnings = rows.filter(([, outcome]) => outcome === 'warning').length
    stdout(
      await render(
        {
          columns: ['CHECK', 'RESULT', 'SEEN', 'WHAT TO DO'],
          rows,
          names: results.filter(({ findings }) => findings.length > 0).map(({ name }) => name),
          data: {
            problems,
            warnings,
            mended,
            checks: results.map(({ findings, ...result }) => ({
              ...result,
              findings: findings.map(({ blocks, evidence, remedy, mend }) => ({
                blocks,
                evidence,
                remedy,
                canBeMended: mend !== undefined,
              })),
            })),
          },
        },
        values.output ?? 'table',
      ),
    )
    for (const message of mended) kina.report({ kind: 'notice', message })
    kina.report({ kind: 'notice', message: `${results.length} checks, ${problems} problems, ${warnings} warnings` })
    return problems > 0 ? 1 : 0
  },
})
