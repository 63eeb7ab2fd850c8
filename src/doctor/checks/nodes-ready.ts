import { warns, type Check } from '../check.ts'
import { statusOfClusters } from '../status-of-clusters.ts'

export const nodesReady: Check = {
  name: 'nodes-ready',
  claim: 'the running nodes of every cluster are Ready',
  async look(scene) {
    return (await statusOfClusters(scene)).flatMap(({ name, nodes }) =>
      nodes
        .filter(
          ({ state, kubernetes }) => state === 'running' && (kubernetes === 'NotReady' || kubernetes === 'missing'),
        )
        .map(({ name: node, kubernetes }) =>
          warns(`${node} of cluster "${name}" is ${kubernetes}`, `kina exec ${node} -- journalctl -u kubelet`),
        ),
    )
  },
}
