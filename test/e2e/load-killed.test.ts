import process from 'node:process'
import { startDistribution } from '../support/distribution-registry.ts'
import { describeKilledLoads } from '../support/killed-loads.ts'
import { makeRealLab } from '../support/real-lab.ts'

// Real nodes, and a real registry.
describeKilledLoads({
  kills: Number(process.env['KINA_KILLS'] ?? 20),
  seed: Number(process.env['KINA_SEED'] ?? 1),
  largest: 40_000_000,
  async make(images) {
    const lab = await makeRealLab()
    const registry = await startDistribution(lab.root)
    for (const [repository, { blobs, descriptor, platforms }] of images) {
      const manifests = Object.fromEntries(
        platforms.map(({ platform: { os, architecture }, manifest }) => [`${os}/${architecture}`, manifest]),
      )
      await registry.push(repository, 'v1', { blobs, root: descriptor, manifests })
    }
    const created = await lab.kina(['create', 'cluster', '--workers', '1', '--image', lab.nodeImage])
    if (created.exitCode !== 0) throw new Error(created.stderr)
    return {
      lab,
      nodes: ['kina-control-plane', 'kina-worker'],
      registry: registry.name,
      // Every name of them goes, the kubelet's too; the collector takes what belonged to them before it answers.
      async empty(node, names) {
        await lab.container(['exec', node, 'crictl', 'rmi', ...names])
      },
      async remove() {
        await registry.remove()
        await lab.remove()
      },
    }
  },
})
