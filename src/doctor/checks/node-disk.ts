import { warns, type Check } from '../check.ts'
import { saidByNodes } from '../scene.ts'

const mostPercent = 90

export const nodeDisk: Check = {
  name: 'node-disk',
  claim: `no node has used more than ${mostPercent} % of its disk`,
  async look(scene) {
    return (await saidByNodes(scene, 'disk-used'))
      .filter(({ value }) => Number(value) > mostPercent)
      .map(({ node, value }) =>
        warns(
          `the disk of ${node.id} is ${value} % full`,
          `kina exec ${node.id} -- crictl rmi --prune, then kina exec ${node.id} -- fstrim /`,
        ),
      )
  },
}
