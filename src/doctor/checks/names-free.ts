import { clustersAmong } from '../../cluster/inspect.ts'
import { nodeName } from '../../cluster/names.ts'
import { blocks, type Check } from '../check.ts'

export const namesFree: Check = {
  name: 'names-free',
  claim: 'no container of somebody else has the name of a node',
  async look({ containers, clusterName }) {
    const all = await containers()
    const own = new Set(clustersAmong(all).flatMap(({ nodes }) => nodes.map(({ id }) => id)))
    const wanted = nodeName(clusterName, 'control-plane', 0)
    return all
      .filter(({ id }) => id === wanted && !own.has(id))
      .map(({ id }) =>
        blocks(`a container "${id}" is not kina's`, 'Use another cluster name, or remove that container yourself'),
      )
  },
}
