import { warns, type Check } from '../check.ts'
import { nodesThatSay } from '../scene.ts'

/** VPNs that take port 53, filters, and changes of the network (apple/container#1986). */
export const nodeDns: Check = {
  name: 'node-dns',
  claim: 'every node resolves names of the internet',
  async look(scene) {
    return (await nodesThatSay(scene, 'resolves', 'no')).map((node) =>
      warns(
        `${node} cannot resolve registry.k8s.io`,
        'Look whether the Mac is online and whether a VPN or filter takes port 53',
      ),
    )
  },
}
