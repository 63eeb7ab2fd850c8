import { overlap } from '../../config/cidr.ts'
import { defaults } from '../../config/defaults.ts'
import { warns, type Check } from '../check.ts'

/** vmnet chooses another range where its own is taken (apple/container#835), and may choose one of a cluster. */
export const networkRange: Check = {
  name: 'network-range',
  claim: 'the network of the nodes is none of the ranges of a cluster',
  async look({ network }) {
    const subnets = (await network())?.subnets ?? []
    const ranges = [defaults.podSubnet.ipv4, defaults.serviceSubnet.ipv4]
    return subnets.flatMap((subnet) =>
      ranges
        .filter((range) => overlap(subnet, range))
        .map((range) =>
          warns(
            `the network of the nodes is ${subnet}, a cluster uses ${range}`,
            'Set networking.podSubnet and networking.serviceSubnet in the cluster file, or [network] subnet of container',
          ),
        ),
    )
  },
}
