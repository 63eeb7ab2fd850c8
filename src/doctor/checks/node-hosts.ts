import { warns, type Check } from '../check.ts'
import { saidByNodes } from '../scene.ts'

/** container writes /etc/hosts anew at each start, with another address: the kubelet is held back until kina has completed it. */
export const nodeHosts: Check = {
  name: 'node-hosts',
  claim: 'every running node knows the others of this start',
  async look(scene) {
    return (await saidByNodes(scene, 'hosts-complete'))
      .filter(({ value }) => value === 'no')
      .map(({ node }) =>
        warns(
          `${node.id} was started without kina, and does not know the addresses of its cluster`,
          `kina delete cluster ${node.cluster}, and create it again`,
        ),
      )
  },
}
