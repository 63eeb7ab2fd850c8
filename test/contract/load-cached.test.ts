import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeCacheLab, ofKind, type CacheLab } from '../support/cache-fixture.ts'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { eventsOf, type Outcome } from '../support/cluster-fixture.ts'
import { hostPlatform, makeImage } from '../support/oci-images.ts'

/** Two layers; the sizes of both are known by what is sent. */
const image = makeImage({
  reference: 'docker.io/team/app:v1',
  layers: [{ 'usr/base': 'b'.repeat(2000) }, { 'srv/app': 'app' }],
  platforms: ['linux/amd64', 'linux/arm64'],
})
const its = image.platforms.find(({ platform: { os, architecture } }) => `${os}/${architecture}` === hostPlatform())
const layers = its?.layers ?? []
const bytes = layers.reduce((sum, digest) => sum + (image.blobs.get(digest)?.length ?? 0), 0)

describe('loading images that the cache has', () => {
  let cache: CacheLab
  let reference: string
  beforeAll(async () => {
    cache = await makeCacheLab({ images: [defaultNodeImage] })
    cache.registry.add('team/app', 'v1', { blobs: image.blobs, root: image.descriptor })
    reference = `${cache.registry.name}/team/app:v1`
    expectDone(await cache.lab.kina(['create', 'cluster']))
  })
  afterAll(() => cache.remove())
  beforeEach(async () => {
    await cache.lab.container(['exec', 'kina-control-plane', 'rm', '-rf', '/var/lib/lab-containerd'])
    await cache.cache(['prune', '--all'])
    cache.registry.misbehave = () => undefined
  })

  const load = (...words: readonly string[]): Promise<Outcome> =>
    cache.lab.kina(['load', 'image', ...words, '--log-format', 'json'], {
      env: { KINA_CACHE_DIR: join(cache.lab.home, 'cache') },
    })
  function expectDone({ exitCode, stderr }: Outcome): void {
    expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
  }
  /** Bytes that went to the node. */
  const sent = (outcome: Outcome): number =>
    ofKind(eventsOf(outcome), 'progress').findLast(({ what }) => what === `load ${reference}`)?.done ?? 0
  const damage = (digest: string): Promise<void> =>
    writeFile(
      join(cache.folder, 'blobs/sha256', digest.replace('sha256:', '')),
      Buffer.alloc(image.blobs.get(digest)?.length ?? 0),
    )

  it('asks no registry, saves nothing, and the second time moves nothing', async () => {
    expectDone(await cache.cache(['pull', reference]))
    const asked = cache.registry.asked.length
    const first = await load(reference)
    expectDone(first)
    expect(sent(first)).toBe(bytes)
    const second = await load(reference)
    expect([second.exitCode, sent(second)]).toEqual([0, 0])
    expect(second.stderr).toContain('found to be already present on all nodes.')
    expect(cache.registry.asked.length).toBe(asked)
    expect((await cache.lab.calls()).filter(([, verb]) => verb === 'save')).toEqual([])
    const { stdout } = await cache.lab.kina(['get', 'images', '-o', 'name'])
    expect(stdout).toBe(`${reference}\n`)
  })

  it('fetches again what turns out to be damaged on the way', async () => {
    expectDone(await cache.cache(['pull', reference]))
    await damage(layers[1] ?? '')
    const outcome = await load(reference)
    expectDone(outcome)
    expect(ofKind(eventsOf(outcome), 'warning').map(({ message }) => message)).toEqual([
      `A damaged file in the image cache is dropped: ${layers[1]}: its bytes are not those of its digest`,
    ])
    expect(await cache.damagedBlobs()).toEqual([])
    expectDone(await cache.cache(['verify']))
  })

  it('says what the registry said where that cannot be fetched, and the node has nothing', async () => {
    expectDone(await cache.cache(['pull', reference]))
    await damage(layers[1] ?? '')
    cache.registry.misbehave = () => ({ status: 404 })
    const { exitCode, stderr } = await load(reference)
    expect(stderr).toContain('404')
    expect(exitCode).toBe(1)
    expect((await cache.lab.kina(['get', 'images', '-o', 'name'])).stdout).toBe('')
  })

  it('does not pull what the cache does not have', async () => {
    const asked = cache.registry.asked.length
    const { exitCode, stderr } = await load(reference)
    expect(stderr).toContain(`image: \\"${reference}\\" not present locally`)
    expect(stderr).toContain(`kina cache pull ${reference}`)
    expect([exitCode, cache.registry.asked.length]).toEqual([1, asked])
  })
})
