import { defineCommand } from '../define-command.ts'
import { clusterNameFor, kubeconfigOption, nameOption, nameWord } from '../shared-options.ts'

export const exportKubeconfig = defineCommand({
  name: ['export', 'kubeconfig'],
  summary: 'Enter a cluster into the kubeconfig and make it current',
  positionals: [nameWord],
  options: {
    name: nameOption,
    kubeconfig: kubeconfigOption,
    internal: { help: 'With the address that nodes use, for clients inside the cluster' },
  },
  examples: ['kina export kubeconfig', 'kina export kubeconfig dev --kubeconfig dev.kubeconfig'],
  async run({ kina, values, words }) {
    const name = clusterNameFor(kina, values.name, words)
    const [{ exportKubeconfig: enter }, { contextName }] = await Promise.all([
      import('../../cluster/export-kubeconfig.ts'),
      import('../../cluster/names.ts'),
    ])
    const context = contextName(kina.product, name)
    await enter(kina, name, {
      contextName: context,
      internal: values.internal,
      ...(values.kubeconfig === undefined ? {} : { kubeconfig: values.kubeconfig }),
    })
    kina.report({ kind: 'notice', message: `Set kubectl context to "${context}"` })
    return 0
  },
})
