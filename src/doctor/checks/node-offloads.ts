import { warns, type Check } from '../check.ts'
import { nodesThatSay } from '../scene.ts'

/** Large sends stall on vmnet while the sender offloads segmentation (apple/container#2245). */
export const nodeOffloads: Check = {
  name: 'node-offloads',
  claim: 'no node offloads segmentation',
  async look(scene) {
    return (await nodesThatSay(scene, 'offloads-segments', 'yes')).map((node) =>
      warns(
        `${node} offloads segmentation: large uploads stall`,
        `kina exec ${node} -- ethtool -K eth0 tso off gso off`,
      ),
    )
  },
}
