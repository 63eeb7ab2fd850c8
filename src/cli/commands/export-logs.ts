import { resolve } from 'node:path'
import { KinaError } from '../../errors.ts'
import { defineCommand } from '../define-command.ts'
import { clusterNameFor, nameOption } from '../shared-options.ts'

export const exportLogs = defineCommand({
  name: ['export', 'logs'],
  summary: 'Save the logs of all nodes of a cluster',
  details: [
    'Prints the folder. What pods have logged is saved as it is: look at it before you show it to others.',
    'Without DIR a new folder beside the evidence of failures is made.',
  ],
  positionals: [{ name: 'DIR', help: 'Folder, made where it is missing' }],
  options: { name: nameOption },
  examples: ['kina export logs', 'kina export logs --name dev ./logs'],
  async run({ kina, values, words: [wanted], stdout }) {
    const name = clusterNameFor(kina, values.name, [])
    if (wanted === '') {
      throw new KinaError('usage', 'Cannot save logs in a folder without a name', {
        hint: 'Name it, or leave it away',
      })
    }
    const [{ exportLogs: save }, { newLogFolder }, { versionLine }] = await Promise.all([
      import('../../cluster/export-logs.ts'),
      import('../../cluster/state-folder.ts'),
      import('../run-quickly.ts'),
    ])
    const folder =
      wanted === undefined ? newLogFolder(kina.host, `${name}-logs`) : resolve(kina.host.platform.cwd, wanted)
    kina.report({ kind: 'notice', message: `Exporting logs for cluster "${name}" to:` })
    await save(kina, name, folder, versionLine(kina.product))
    stdout(`${kina.product === 'kind' ? (wanted ?? folder) : folder}\n`)
    return 0
  },
})
