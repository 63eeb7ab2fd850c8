import { KinaError } from '../../errors.ts'
import { defineCommand } from '../define-command.ts'
import { outputOption } from '../shared-options.ts'

export const timings = defineCommand({
  name: ['timings'],
  summary: 'Show where the time of the last runs went, step by step',
  details: [
    'The last 20 runs that had steps are kept below KINA_STATE_DIR. FROM is seconds since the run began; steps whose bars are above each other ran side by side.',
  ],
  positionals: [],
  options: {
    runs: { value: 'N', help: 'How many of the last runs to show, the newest first, default 1' },
    output: outputOption,
  },
  examples: ['kina timings', 'kina timings --runs 5 -o json'],
  async run({ kina, values, stdout }) {
    const runs = Number(values.runs ?? '1')
    if (!Number.isInteger(runs) || runs < 1) {
      throw new KinaError('usage', `Cannot show "${values.runs}" runs: it is not a number from 1`, {
        hint: 'Leave --runs away to see the last',
      })
    }
    const [{ readTimings }, { renderTimings }] = await Promise.all([
      import('../../cluster/timings.ts'),
      import('../render/timings.ts'),
    ])
    const found = await readTimings(kina.host, runs)
    if (found.length === 0) kina.report({ kind: 'notice', message: 'No run with steps has been kept yet.' })
    stdout(await renderTimings(found, values.output ?? 'table'))
    return 0
  },
})
