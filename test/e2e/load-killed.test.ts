import { startDistribution } from '../support/distribution-registry.ts'
import { describeKilledLoads } from '../support/killed-loads.ts'
import { makeRealLab } from '../support/real-lab.ts'

// Real nodes, and a real registry.
describeKilledLoads({
  times: 20,
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
    return {
      lab,
      createOptions: ['--image', lab.nodeImage],
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
