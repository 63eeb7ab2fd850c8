import { blocks, type Check } from '../check.ts'

/** After an upgrade the service of before goes on (apple/container#568). */
export const serviceRelease: Check = {
  name: 'service-release',
  claim: 'container and its service are of one release',
  async look({ versions }) {
    const { cli, service } = await versions()
    if (service === undefined || service === cli) return []
    return [
      blocks(
        `container is ${cli}, its service still ${service}`,
        "container system stop, then container system start (this stops everybody's containers)",
      ),
    ]
  },
}
