import { warns, type Check } from '../check.ts'
import { nodesThatSay } from '../scene.ts'

/** A node keeps the kernel of its first start, whatever is installed since. */
export const nodeKernel: Check = {
  name: 'node-kernel',
  claim: 'the kernel of every node has nf_tables',
  async look(scene) {
    return (await nodesThatSay(scene, 'nf-tables', 'no')).map((node) =>
      warns(
        `the kernel of ${node} has no nf_tables`,
        'container system kernel set --recommended --force, then create the cluster again',
      ),
    )
  },
}
