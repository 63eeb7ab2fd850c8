import { readKubeconfigs } from '../../cluster/enter-kubeconfig.ts'
import { contextName } from '../../cluster/names.ts'
import { madeContexts } from '../../kubernetes/kubeconfig.ts'
import { warns, type Check } from '../check.ts'

export const kubeconfigContexts: Check = {
  name: 'kubeconfig-contexts',
  claim: 'every context that kina entered has its cluster',
  async look({ kina, clusters }) {
    const prefix = contextName(kina.product, '')
    const names = new Set((await clusters()).map(({ name }) => name))
    const contexts = (await readKubeconfigs(kina.host)).flatMap(({ path, text }) =>
      madeContexts(text).map((context) => ({ path, context })),
    )
    return contexts
      .filter(({ context }) => context.startsWith(prefix) && !names.has(context.slice(prefix.length)))
      .map(({ path, context }) =>
        warns(
          `${path} has the context "${context}" of a cluster that is gone`,
          `kina delete cluster ${context.slice(prefix.length)}`,
        ),
      )
  },
}
