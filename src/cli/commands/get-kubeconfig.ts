import { defineCommand } from '../define-command.ts'
import { clusterNameFor, nameOption, nameWord, outputOption } from '../shared-options.ts'

export const getKubeconfig = defineCommand({
  name: ['get', 'kubeconfig'],
  summary: 'Print the kubeconfig of a cluster',
  details: ["Written as yaml unless told otherwise. The user's own file is not touched."],
  positionals: [nameWord],
  options: {
    name: nameOption,
    internal: { help: 'With the address that nodes use, for clients inside the cluster' },
    output: outputOption,
  },
  examples: ['kina get kubeconfig >dev.kubeconfig', 'kina get kubeconfig dev --internal'],
  async run({ kina, values, words, stdout }) {
    const name = clusterNameFor(kina, values.name, words)
    const [{ clusterKubeconfig }, { contextName }, { renderKubeconfig }] = await Promise.all([
      import('../../cluster/export-kubeconfig.ts'),
      import('../../cluster/names.ts'),
      import('../render/kubeconfig.ts'),
    ])
    const context = contextName(kina.product, name)
    const text = await clusterKubeconfig(kina, name, { contextName: context, internal: values.internal })
    // kind ends its answer with an empty line.
    const end = kina.product === 'kind' && values.output === undefined ? '\n' : ''
    stdout((await renderKubeconfig(text, context, values.output ?? 'yaml')) + end)
    return 0
  },
})
