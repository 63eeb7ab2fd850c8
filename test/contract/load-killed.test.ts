import { makeLab } from '../support/cluster-fixture.ts'
import { describeKilledLoads } from '../support/killed-loads.ts'
import { startRegistry } from '../support/registry-server.ts'

describeKilledLoads({
  times: 4,
  largest: 2_000_000,
  async make(images) {
    const lab = await makeLab()
    const registry = await startRegistry()
    for (const [repository, { blobs, descriptor }] of images)
      registry.add(repository, 'v1', { blobs, root: descriptor })
    return {
      lab,
      createOptions: [],
      registry: registry.name,
      empty: async (node) => void (await lab.container(['exec', node, 'rm', '-rf', '/var/lib/lab-containerd'])),
      async remove() {
        await registry.close()
        await lab.remove()
      },
    }
  },
})
