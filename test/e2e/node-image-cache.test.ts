import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDistribution, type Distribution } from '../support/distribution-registry.ts'
import { makeRealLab, type RealLab } from '../support/real-lab.ts'
import { savedImage } from '../support/saved-image.ts'

describe('a real node image that comes through the cache', () => {
  let lab: RealLab
  let registry: Distribution
  let reference: string
  beforeAll(async () => {
    lab = await makeRealLab()
    registry = await startDistribution(lab.root)
    const image = await savedImage(lab, lab.nodeImage)
    await registry.push('kindest/node', 'v1.37', image)
    reference = `${registry.name}/kindest/node:v1.37`
    expect((await lab.container(['image', 'delete', lab.nodeImage])).exitCode).toBe(0)
  })
  afterAll(async () => {
    await registry.remove()
    await lab.remove()
  })

  async function expectCluster(): Promise<void> {
    const words = ['create', 'cluster', '--image', reference, '--image-cache', 'on']
    const env = { KINA_CACHE_DIR: join(lab.home, 'cache') }
    const created = await lab.kina(words, { env })
    expect(`${created.exitCode} ${created.exitCode === 0 ? '' : created.stderr}`).toBe('0 ')
    expect(await lab.until(['get', 'nodes'], / Ready /)).toContain('kina-control-plane')
    expect((await lab.kina(['delete', 'cluster'])).exitCode).toBe(0)
  }

  it('makes a cluster, and another after the store was reset and the registry has gone', async () => {
    await expectCluster()
    expect((await lab.container(['image', 'delete', reference])).exitCode).toBe(0)
    await registry.remove()
    await expectCluster()
    expect((await lab.calls()).filter(([group, verb]) => group === 'image' && verb === 'pull')).toEqual([])
  })
})
