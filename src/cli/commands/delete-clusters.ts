import { KinaError } from '../../errors.ts'
import { defineCommand } from '../define-command.ts'
import { errorBody } from '../report/error-body.ts'
import { givenName, kubeconfigOption } from '../shared-options.ts'

export const deleteClusters = defineCommand({
  name: ['delete', 'clusters'],
  summary: 'Delete several clusters',
  details: ['A cluster that cannot be deleted does not keep the others; the exit code is that of the first failure.'],
  positionals: [{ name: 'NAME', help: 'Names of clusters', isList: true }],
  options: { all: { short: 'A', help: 'Delete all clusters' }, kubeconfig: kubeconfigOption },
  examples: ['kina delete clusters dev test', 'kina delete clusters --all'],
  async run({ kina, values, words }) {
    for (const word of words) givenName(word, [])
    const isKind = kina.product === 'kind'
    // kind takes --all and leaves names unread.
    if (isKind ? !values.all && words.length === 0 : values.all === words.length > 0) {
      throw new KinaError(
        'usage',
        words.length > 0 ? 'Cannot take names together with --all' : 'no cluster names provided',
        {
          hint: 'Name the clusters, or give --all',
        },
      )
    }
    const [{ deleteAndSay }, { listClusters }] = await Promise.all([
      import('../delete-and-say.ts'),
      import('../../cluster/list-nodes.ts'),
    ])
    const names = values.all ? (await listClusters(kina)).map(({ name }) => name) : [...new Set(words)]
    const deleted: string[] = []
    let failure: KinaError | undefined
    for (const name of names) {
      try {
        await deleteAndSay(kina, name, values.kubeconfig)
        deleted.push(name)
      } catch (error) {
        if (!(error instanceof KinaError) || kina.signal.aborted) throw error
        failure ??= error
        kina.report(errorBody(error, kina.signal))
      }
    }
    if (deleted.length > 0 || isKind)
      kina.report({ kind: 'notice', message: `Deleted clusters: [${deleted.map((name) => `"${name}"`).join(' ')}]` })
    return isKind ? 0 : (failure?.exitCode ?? 0)
  },
})
