import { warns, type Check } from '../check.ts'

/** macOS 15 has one network, in which containers do not reach each other. */
export const networkBetweenNodes: Check = {
  name: 'network-between-nodes',
  claim: 'nodes can reach each other',
  async look({ versions, network }) {
    if ((await versions()).service === undefined || (await network()) !== undefined) return []
    return [
      warns('container has no command "network": this is macOS 15', 'Clusters of one node work; more need macOS 26'),
    ]
  },
}
