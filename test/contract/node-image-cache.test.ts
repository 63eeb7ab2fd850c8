import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ofKind } from '../support/cache-fixture.ts'
import { eventsOf, makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'
import type { MadeImage } from '../support/made-image.ts'
import { startRegistry, type RegistryServer } from '../support/registry-server.ts'
import { savedImage } from '../support/saved-image.ts'

const seeded = 'docker.io/kindest/node:v1.36.4'

describe('node images through the cache', () => {
  let image: MadeImage
  let lab: Lab
  let registry: RegistryServer
  let reference = ''
  beforeAll(async () => {
    const source = await makeLab({ images: [seeded] })
    image = await savedImage(source, seeded)
    await source.remove()
  })
  beforeEach(async () => {
    lab = await makeLab({ images: [] })
    registry = await startRegistry()
    registry.add('kindest/node', 'v1.36.4', image)
    reference = `${registry.name}/kindest/node:v1.36.4`
  })
  afterEach(async () => {
    await registry.close()
    await lab.remove()
  })

  const create = (words: readonly string[] = [], env: Readonly<Record<string, string>> = {}, where = lab) =>
    where.kina(['create', 'cluster', '--image', reference, '--log-format', 'json', ...words], { env })

  const folder = (): string => join(lab.home, '.cache/kina/images')

  function expectDone(outcome: Outcome): void {
    expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
  }

  const callsOf = async (what: string, where = lab): Promise<number> =>
    (await where.calls()).filter(([first, second]) => `${first} ${second}` === `image ${what}`).length

  it('are pulled into it, loaded, and never pulled again: not for another store, not without a network', async () => {
    const first = await create()
    expectDone(first)
    expect([await callsOf('pull'), await callsOf('load')]).toEqual([0, 1])
    const progress = ofKind(eventsOf(first), 'progress')
    expect(progress.filter(({ what }) => what === `pull ${reference}`).at(-1)?.done).toBeGreaterThan(0)
    expect(progress.at(-1)?.what).toBe(`load ${reference}`)
    expect((await lab.container(['image', 'list', '--format', 'json'])).stdout).toContain(
      `"name":"${reference.replaceAll('/', '\\/')}"`,
    )
    await registry.close()
    const other = await makeLab({ images: [] })
    try {
      expectDone(await create([], { KINA_CACHE_DIR: join(folder(), '..') }, other))
      expect([await callsOf('pull', other), await callsOf('load', other)]).toEqual([0, 1])
    } finally {
      await other.remove()
    }
    expect(await readdir(join(folder(), 'holds'))).toEqual([])
  })

  it('are found by the digest that they are pinned by', async () => {
    reference = `${reference}@${image.root.digest}`
    expectDone(await create())
    expectDone(await lab.kina(['delete', 'cluster']))
    expectDone(await create())
    expect([await callsOf('pull'), await callsOf('load')]).toEqual([0, 1])
  })

  it('that turn out to be damaged are fetched again, only what is wrong, with a warning', async () => {
    const env = { KINA_CACHE_DIR: join(folder(), '..') }
    expectDone(await lab.kina(['cache', 'pull', reference], { env }))
    const [layer = ''] = image.layers
    const size = image.blobs.get(layer)?.length ?? 0
    await writeFile(join(folder(), 'blobs/sha256', layer.slice('sha256:'.length)), 'x'.repeat(size))
    const before = registry.asked.length
    const created = await create()
    expectDone(created)
    expect(
      ofKind(eventsOf(created), 'warning')
        .map(({ message }) => message)
        .join(),
    ).toContain(layer)
    const blobs = registry.asked.slice(before).filter(({ path }) => path.includes('/blobs/'))
    expect(blobs.map(({ path }) => path.split('/').at(-1))).toEqual([layer])
    // The first load may have been ended before the program came to write its call down.
    expect(await callsOf('pull')).toBe(0)
    expect(await callsOf('load')).toBeGreaterThan(0)
  })

  describe('where the cache cannot give it', () => {
    const offered = async (): Promise<Readonly<Record<string, string>>> => {
      const list = join(lab.root, 'registry.json')
      await writeFile(list, JSON.stringify([reference]))
      return { LAB_REGISTRY: list }
    }
    const spoilFolder = async (): Promise<void> => {
      await mkdir(folder(), { recursive: true })
      await writeFile(join(folder(), 'photo.jpg'), 'mine')
    }

    it('auto says why, and leaves it to container', async () => {
      await spoilFolder()
      const created = await create([], await offered())
      expectDone(created)
      const [warning] = ofKind(eventsOf(created), 'warning')
      expect(warning?.message).toContain('to "container image pull", the image cache cannot give it')
      expect(warning?.message).toContain('it holds other files: photo.jpg')
      expect([await callsOf('pull'), await callsOf('load')]).toEqual([1, 0])
    })

    it('auto leaves it to container also when the registry refuses kina', async () => {
      registry.misbehave = () => ({ status: 401 })
      const created = await create([], await offered())
      expectDone(created)
      expect(ofKind(eventsOf(created), 'warning')[0]?.message).toContain('answered 401')
    })

    it('on ends the create, and nothing is left', async () => {
      await spoilFolder()
      const refused = await create(['--image-cache', 'on'], await offered())
      expect(refused.exitCode).toBe(3)
      expect(ofKind(eventsOf(refused), 'error')[0]?.code).toBe('cache-unusable')
      expect([await callsOf('pull'), await callsOf('load')]).toEqual([0, 0])
      expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    })

    it('off does not ask it', async () => {
      expectDone(await create(['--image-cache', 'off'], await offered()))
      expect([await callsOf('pull'), await callsOf('load')]).toEqual([1, 0])
      expect(registry.asked).toEqual([])
      expect(await readdir(join(lab.home, '.cache')).catch(() => [])).toEqual([])
    })

    it('settings that cannot be read are refused before anything starts', async () => {
      const refused = await create([], { KINA_CACHE_MAX_SIZE: 'much' })
      expect(refused.exitCode).toBe(2)
      expect(await lab.calls()).toEqual([])
    })
  })

  for (const [title, effect] of [
    ['before it has taken anything', { endCaller: true, die: 'before' }],
    ['while the service goes on', { endCaller: true }],
  ] as const) {
    it(`a create that is killed while container loads, ${title}, costs no pull again`, async () => {
      const killed = await lab.start(['create', 'cluster', '--image', reference], {
        env: { LAB_FAULTS: JSON.stringify([{ matches: ['image', 'load'], do: effect }]) },
      }).ended
      expect(killed.exitCode).toBe(137)
      await registry.close()
      expectDone(await lab.kina(['cache', 'verify']))
      expectDone(await create(['--if-not-exists']))
      expectDone(await lab.kina(['cache', 'prune', '--all']))
      expect(await readdir(join(folder(), 'holds'))).toEqual([])
      expect(await readdir(join(folder(), 'locks'))).toEqual([])
    })
  }

  it('a load that container refuses is left to its own pull, with what it said', async () => {
    const list = join(lab.root, 'registry.json')
    await writeFile(list, JSON.stringify([reference]))
    const fault = { matches: ['image', 'load'], do: { fail: { message: 'the disk of the store is sulking' } } }
    const created = await create([], { LAB_REGISTRY: list, LAB_FAULTS: JSON.stringify([fault]) })
    expectDone(created)
    expect(ofKind(eventsOf(created), 'warning')[0]?.message).toContain('the disk of the store is sulking')
    expect(await callsOf('pull')).toBe(1)
  })

  it('an interrupted create keeps what has come', async () => {
    const [layer = ''] = image.layers
    registry.misbehave = ({ path }) => (path.endsWith(layer) ? { stallAfter: 10 } : undefined)
    const running = lab.start(['create', 'cluster', '--image', reference])
    while (!registry.asked.some(({ path }) => path.endsWith(layer))) await new Promise((done) => setTimeout(done, 5))
    running.child.kill('SIGINT')
    expect((await running.ended).exitCode).toBe(130)
    expect(await readdir(join(folder(), 'holds'))).toEqual([])
    expect((await readdir(join(folder(), 'blobs/sha256'))).length).toBeGreaterThan(0)
  })
})
