import { warns, type Check } from '../check.ts'
import { statusOfClusters } from '../status-of-clusters.ts'

export const apiServer: Check = {
  name: 'api-server',
  claim: 'every API server answers in its node',
  async look(scene) {
    return (await statusOfClusters(scene))
      .filter(({ nodes }) => nodes.every(({ kubernetes }) => kubernetes === 'unknown'))
      .map(({ name, nodes }) =>
        warns(
          `the API server of cluster "${name}" does not answer`,
          `kina exec ${nodes[0]?.name ?? 'NODE'} -- crictl ps --all; kina export logs --name ${name}`,
        ),
      )
  },
}
