import process from 'node:process'
import { makeLab } from '../support/cluster-fixture.ts'
import { describeKilledLoads } from '../support/killed-loads.ts'
import { startRegistry } from '../support/registry-server.ts'

describeKilledLoads({
  kills: Number(process.env['KINA_KILLS'] ?? 4),
  seed: Number(process.env['KINA_SEED'] ?? 1),
  largest: 2_000_000,
  async make(images) {
    const lab = await makeLab()
    const registry = await startRegistry()
    for (const [repository, { blobs, descriptor }] of images)
      registry.add(repository, 'v1', { blobs, root: descriptor })
    const created = await lab.kina(['create', 'cluster', '--workers', '1'])
    if (created.exitCode !== 0) throw new Error(created.stderr)
    return {
      lab,
      nodes: ['kina-control-plane', 'kina-worker'],
      registry: registry.name,
      empty: async (node) => void (await lab.container(['exec', node, 'rm', '-rf', '/var/lib/lab-containerd'])),
      async remove() {
        await registry.close()
        await lab.remove()
      },
    }
  },
})
