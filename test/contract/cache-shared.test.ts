import { access, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCacheLab, type CacheLab } from '../support/cache-fixture.ts'
import { makeImage } from '../support/made-image.ts'

/** Everything here is about two processes, so all of it runs the binary. */
const amd64 = ['--platform', 'linux/amd64']

let its: CacheLab
beforeEach(async () => {
  its = await makeCacheLab()
})
afterEach(() => its.remove())

function offer(repository: string, seed: number, layers: readonly number[] = [300_000, 200_000]) {
  const image = makeImage({ platforms: ['linux/amd64'], layers, seed })
  its.registry.add(repository, 'v1', image)
  return { image, reference: `${its.registry.name}/${repository}:v1` }
}

const start = (words: readonly string[]) =>
  its.lab.start(['cache', ...words], { env: { KINA_CACHE_DIR: join(its.folder, '..') } })

async function expectDone(...running: ReturnType<typeof start>[]): Promise<void> {
  for (const { exitCode, stderr } of await Promise.all(running.map(({ ended }) => ended)))
    expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
}

/** Nothing is left of commands that have ended. */
async function expectNothingHeld(): Promise<void> {
  for (const folder of ['holds', 'locks', 'ingest']) expect(await readdir(join(its.folder, folder))).toEqual([])
  expect((await readdir(its.folder)).filter((name) => name.startsWith('.'))).toEqual([])
}

describe('several processes with one image cache', () => {
  it('fetch a blob once, however many want it', async () => {
    const { image, reference } = offer('team/app', 1)
    its.registry.misbehave = ({ path }) => (path.includes('/blobs/') ? { slowMs: 30 } : undefined)
    await expectDone(...Array.from({ length: 4 }, () => start(['pull', reference, ...amd64])))
    for (const layer of image.layers) {
      const asked = its.registry.asked.filter(({ path }) => path.endsWith(layer))
      expect(asked.length).toBe(1)
    }
    expect(await its.damagedBlobs()).toEqual([])
    await expectNothingHeld()
  })

  it('go on with what one of them that was killed had begun, though another one waited for it', async () => {
    const { image, reference } = offer('team/app', 1, [5_000_000])
    const [layer = ''] = image.layers
    its.registry.misbehave = ({ path, times }) => (path.endsWith(layer) && times === 1 ? { slowMs: 30 } : undefined)
    const partial = join(its.folder, 'ingest', layer.slice('sha256:'.length))
    const first = start(['pull', reference, ...amd64])
    while (
      await access(partial).then(
        () => false,
        () => true,
      )
    )
      await new Promise((done) => setTimeout(done, 5))
    const second = start(['pull', reference, ...amd64])
    // Once it has asked for the manifest it comes to the layer.
    while (its.registry.asked.filter(({ path }) => path.includes('/manifests/')).length < 4)
      await new Promise((done) => setTimeout(done, 5))
    first.child.kill('SIGKILL')
    await expectDone(second)
    expect(await its.damagedBlobs()).toEqual([])
    await expectNothingHeld()
  })

  it('fill and prune at once, and lose nothing that is in use', async () => {
    const offers = [1, 2, 3, 4, 5, 6].map((seed) => offer(`team/app${seed}`, seed, [150_000, 100_000]))
    its.registry.misbehave = ({ path }) => (path.includes('/blobs/') ? { slowMs: 10 } : undefined)
    const pulling = async (references: readonly string[]): Promise<void> => {
      for (const reference of references) await expectDone(start(['pull', reference, ...amd64]))
    }
    const pulls = { areOver: false }
    const pruning = async (): Promise<void> => {
      while (!pulls.areOver) await expectDone(start(['prune', '--all']))
    }
    const references = offers.map(({ reference }) => reference)
    const both = Promise.all([pulling(references), pulling(references.toReversed())])
    await Promise.all([both.finally(() => (pulls.areOver = true)), pruning()])
    expect(await its.damagedBlobs()).toEqual([])
    // Whatever is listed is complete.
    expect((await its.cache(['verify'])).exitCode).toBe(0)
    await expectDone(start(['pull', ...references, ...amd64]))
    const list = await its.cache(['list', '-o', 'json'])
    expect(list.json<{ isComplete: boolean }[]>().map(({ isComplete }) => isComplete)).toEqual(
      references.map(() => true),
    )
    await expectNothingHeld()
  })

  it('prune nothing of an image that is being pulled', async () => {
    const { image, reference } = offer('team/app', 1, [5_000_000, 1000])
    const [large = '', small = ''] = image.layers
    its.registry.misbehave = ({ path }) => (path.endsWith(large) ? { slowMs: 30 } : undefined)
    const pulling = start(['pull', reference, ...amd64])
    while (!(await its.blobs()).includes(small)) await new Promise((done) => setTimeout(done, 5))
    const pruned = await its.cache(['prune', '--all', '-o', 'json'])
    expect(pruned.json<{ freedBytes: number }>().freedBytes).toBe(0)
    expect(await its.blobs()).toContain(small)
    its.registry.misbehave = () => undefined
    await expectDone(pulling)
    expect(its.registry.asked.filter(({ path }) => path.endsWith(small)).length).toBe(1)
  })
})

describe('kina cache prune', () => {
  it('removes the images that were not used for longest, until the rest fits', async () => {
    const offers = [1, 2, 3].map((seed) => offer(`team/app${seed}`, seed))
    for (const { reference } of offers) await expectDone(start(['pull', reference, ...amd64]))
    // Used again: the second is the oldest now.
    await expectDone(start(['pull', offers[0]?.reference ?? '', ...amd64]))
    const pruned = await its.cache(['prune', '--max-size', '1100k', '-o', 'json'])
    expect(pruned.json<{ removed: { name: string }[] }>().removed.map(({ name }) => name)).toEqual([
      offers[1]?.reference,
    ])
    expect((await its.cache(['verify'])).exitCode).toBe(0)
    const list = await its.cache(['list', '-o', 'name'])
    expect(list.stdout).toBe(`${offers[0]?.reference}\n${offers[2]?.reference}\n`)
  })

  it('happens by itself after a pull, and spares what was just pulled', async () => {
    const [one, two] = [1, 2].map((seed) => offer(`team/app${seed}`, seed))
    await expectDone(start(['pull', one?.reference ?? '', ...amd64]))
    const pulled = await its.cache(['pull', two?.reference ?? '', ...amd64], { KINA_CACHE_MAX_SIZE: '100k' })
    expect(pulled.stderr).toContain(`Pruned from the image cache, 501.1 kB: `)
    expect((await its.cache(['list', '-o', 'name'])).stdout).toBe(`${two?.reference}\n`)
  })

  it('keeps layers that another image shares, and what other tools have put there', async () => {
    const shared = makeImage({ platforms: ['linux/amd64'], layers: [200_000, 10_000], isBare: true })
    const other = makeImage({ platforms: ['linux/amd64'], layers: [200_000, 20_000], isBare: true })
    its.registry.add('team/one', 'v1', shared)
    its.registry.add('team/two', 'v1', other)
    const [one, two] = ['one', 'two'].map((name) => `${its.registry.name}/team/${name}:v1`)
    await expectDone(start(['pull', one ?? '', ...amd64]))
    await expectDone(start(['pull', two ?? '', ...amd64]))
    const pruned = await its.cache(['prune', '--max-size', '220k', '-o', 'json'])
    expect(pruned.json<{ removed: { name: string }[] }>().removed.map(({ name }) => name)).toEqual([one])
    expect((await its.cache(['verify'])).exitCode).toBe(0)
    // An entry that kina did not write.
    const path = join(its.folder, 'index.json')
    const index = JSON.parse(await readFile(path, 'utf8')) as { manifests: { annotations?: object }[] }
    for (const entry of index.manifests) delete entry.annotations
    await writeFile(path, JSON.stringify(index))
    await writeFile(join(its.folder, 'blobs/sha256/README'), 'mine')
    await writeFile(join(its.folder, 'notes.txt'), 'mine')
    const before = await its.blobs()
    expect((await its.cache(['prune', '--all'])).exitCode).toBe(0)
    expect(await its.blobs()).toEqual(before)
    expect(await readdir(its.folder)).toContain('notes.txt')
  })

  it('removes the remains of pulls that did not come to their end', async () => {
    const { image, reference } = offer('team/app', 1)
    its.registry.misbehave = ({ path }) => (path.endsWith(image.layers[1] ?? '') ? { status: 404 } : undefined)
    expect((await its.cache(['pull', reference, ...amd64])).exitCode).toBe(1)
    expect((await its.blobs()).length).toBeGreaterThan(0)
    expect((await its.cache(['prune'])).exitCode).toBe(0)
    expect(await its.blobs()).toEqual([])
    await expectNothingHeld()
  })
})
