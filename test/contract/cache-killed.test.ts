import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCacheLab, type CacheLab } from '../support/cache-fixture.ts'
import { makeImage } from '../support/made-image.ts'
import { randomFrom } from '../support/random.ts'

/** How often; the moments are chosen by chance, and the same ones for the same seed. */
const kills = Number(process.env['KINA_KILLS'] ?? 15)
const seed = Number(process.env['KINA_SEED'] ?? 1)

const amd64 = ['--platform', 'linux/amd64']

describe(`a command on the image cache that is killed (${kills} times, KINA_SEED=${seed})`, () => {
  let its: CacheLab
  let references: readonly string[] = []
  /** Milliseconds that a whole pull takes here: moments are parts of it. */
  let wholeMs = 0
  beforeAll(async () => {
    its = await makeCacheLab()
    // Two of the three share a layer.
    const images = [
      makeImage({ platforms: ['linux/amd64'], layers: [2_500_000, 300_000], seed: 1 }),
      makeImage({ platforms: ['linux/amd64'], layers: [2_500_000, 400_000], seed: 1 }),
      makeImage({ platforms: ['linux/amd64'], layers: [1_500_000, 1000], seed: 2 }),
    ]
    images.forEach((image, index) => its.registry.add(`team/app${index}`, 'v1', image))
    references = images.map((_, index) => `${its.registry.name}/team/app${index}:v1`)
    its.registry.misbehave = ({ path }) => (path.includes('/blobs/') ? { slowMs: 2 } : undefined)
    const begun = performance.now()
    const whole = await start(['pull', ...references, ...amd64]).ended
    wholeMs = performance.now() - begun
    expect(`${whole.exitCode} ${whole.exitCode === 0 ? '' : whole.stderr}`).toBe('0 ')
  })
  afterAll(() => its.remove())

  const start = (words: readonly string[]) =>
    its.lab.start(['cache', ...words], { env: { KINA_CACHE_DIR: join(its.folder, '..') } })

  async function expectDone(words: readonly string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await start(words).ended
    expect(`${exitCode} ${exitCode === 0 ? '' : stdout + stderr}`).toBe('0 ')
  }

  const random = randomFrom(seed)
  for (let round = 1; round <= kills; round++) {
    const percent = random.below(100)
    const verb = random.pick(['pull', 'pull', 'pull', 'prune', 'pull and prune'])
    const empties = random.pick([['--all'], ['--max-size', '3m'], undefined])
    it(`round ${round}: ${verb}, at ${percent} % of its time: nothing is damaged, and the next succeeds`, async () => {
      if (verb !== 'prune' && empties) await expectDone(['prune', ...empties])
      const pulling = ['pull', ...references, ...amd64]
      const running = [
        ...(verb === 'prune' ? [] : [start(pulling)]),
        ...(verb === 'pull' ? [] : [start(['prune', '--max-size', '2m'])]),
      ]
      // A prune takes the time of a start and little more.
      await new Promise((done) => setTimeout(done, (percent / 100) * (verb === 'prune' ? wholeMs / 3 : wholeMs)))
      for (const { child } of running) child.kill('SIGKILL')
      await Promise.all(running.map(({ ended }) => ended))
      expect(await its.damagedBlobs()).toEqual([])
      await expectDone(['verify'])
      await expectDone(pulling)
      await expectDone(['verify'])
      const list = await start(['list', '-o', 'name']).ended
      expect(list.stdout.split('\n').filter(Boolean).toSorted()).toEqual(references)
    })
  }

  it('leaves nothing behind in the end', async () => {
    await expectDone(['prune', '--all'])
    expect(await its.blobs()).toEqual([])
    for (const folder of ['holds', 'locks', 'ingest']) expect(await readdir(join(its.folder, folder))).toEqual([])
    expect((await readdir(its.folder)).filter((name) => name.startsWith('.'))).toEqual([])
  })
})
