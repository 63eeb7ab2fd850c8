import { whyNotClusterName } from '../../config/check-nodes.ts'
import { blocks, type Check } from '../check.ts'

export const clusterName: Check = {
  name: 'cluster-name',
  claim: 'the name of the default cluster can be one',
  look({ clusterName: name }) {
    const reason = whyNotClusterName(name)
    return Promise.resolve(reason === undefined ? [] : [blocks(reason, 'Change KINA_CLUSTER_NAME, or unset it')])
  },
}
