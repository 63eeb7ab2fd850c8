import { createHash } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { damagedBlobsIn } from './cache-fixture.ts'
import type { Lab, Outcome } from './cluster-fixture.ts'
import { madeBytes } from './made-image.ts'
import { makeImage, type TestImage } from './oci-images.ts'
import { randomFrom } from './random.ts'

/** A machine with a registry that serves images. */
interface LoadingMachine {
  readonly lab: Lab
  /** How its cluster of two nodes is made, beside what always belongs to it. */
  readonly createOptions: readonly string[]
  /** `localhost:12345` */
  readonly registry: string
  /** Takes what was loaded out of a node. @param names full references. */
  empty(node: string, names: readonly string[]): Promise<void>
  remove(): Promise<void>
}

interface Wishes {
  /** How often, unless `KINA_KILLS` says otherwise. */
  readonly times: number
  /** Bytes of the largest layer. */
  readonly largest: number
  /** @param images by repository; the tag of each is `v1`. */
  make(images: ReadonlyMap<string, TestImage>): Promise<LoadingMachine>
}

/** Files by image, each a layer of its own: a seed, and its part of the largest. Two of the three share a layer. */
const recipes: Readonly<Record<string, Readonly<Record<string, readonly [seed: number, part: number]>>>> = {
  'team/one': { base: [1, 1], one: [2, 0.2] },
  'team/two': { base: [1, 1], two: [3, 0.3] },
  'team/three': { three: [4, 0.6] },
}

/** What else is done with the cache at the same moment, by the title. */
const companions: Readonly<Record<string, (references: readonly string[]) => readonly (readonly string[])[]>> = {
  'a load': () => [],
  'a load beside a prune': () => [['prune', '--max-size', '1k']],
  'a load beside a pull of the same': (references) => [['pull', ...references]],
}

const nodes = ['kina-control-plane', 'kina-worker'] as const

/**
 * Rounds in which `kina load image`, of images that the cache has, is killed at a moment chosen by chance. Then nothing in the cache
 * is damaged, and the next load brings whole images into all nodes.
 */
export function describeKilledLoads({ times, largest, make }: Wishes): void {
  const kills = Number(process.env['KINA_KILLS'] ?? times)
  const seed = Number(process.env['KINA_SEED'] ?? 1)
  describe(`a load of images that is killed (${kills} times, KINA_SEED=${seed})`, () => {
    let machine: LoadingMachine
    let references: readonly string[]
    /** Milliseconds that a whole load takes here: moments are parts of it. */
    let wholeMs = 0

    const contents = new Map(
      Object.entries(recipes).map(([repository, files]) => [
        repository,
        Object.entries(files).map(([name, [its, part]]) => ({
          name,
          bytes: madeBytes(Math.ceil(largest * part), its),
        })),
      ]),
    )
    const start = (...words: readonly string[]) =>
      machine.lab.start(words, { env: { KINA_CACHE_DIR: join(machine.lab.home, 'cache') } })
    const folder = (): string => join(machine.lab.home, 'cache/images')
    const load = () => start('load', 'image', ...references)

    async function expectDone(running: { readonly ended: Promise<Outcome> }): Promise<void> {
      const { exitCode, stdout, stderr } = await running.ended
      expect(`${exitCode} ${exitCode === 0 ? '' : stdout + stderr}`).toBe('0 ')
    }
    async function expectWhole(node: string): Promise<void> {
      for (const [repository, files] of contents) {
        const script = `
          ctr() { command ctr --namespace k8s.io "$@" >/dev/null; }
          set -e
          shown=$(mktemp -d)
          ctr images mount --snapshotter overlayfs "$1" "$shown"
          (cd "$shown/srv" && sha256sum -- *)
          ctr images unmount --rm "$shown"
          rmdir "$shown"`
        const asked = ['exec', node, 'bash', '-c', script, 'bash', `${machine.registry}/${repository}:v1`]
        const { exitCode, stdout, stderr } = await machine.lab.container(asked)
        expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
        const sums = files.map(({ name, bytes }) => `${createHash('sha256').update(bytes).digest('hex')}  ${name}`)
        expect(stdout.trim().split('\n')).toEqual(sums)
      }
    }

    beforeAll(async () => {
      const images = new Map(
        [...contents].map(([repository, files]) => {
          const layers = files.map(({ name, bytes }) => ({ [`srv/${name}`]: bytes }))
          return [repository, makeImage({ reference: `docker.io/${repository}:v1`, layers })]
        }),
      )
      machine = await make(images)
      const words = ['create', 'cluster', '--workers', '1', ...machine.createOptions]
      await expectDone({ ended: machine.lab.kina(words) })
      references = [...images.keys()].map((repository) => `${machine.registry}/${repository}:v1`)
      await expectDone(start('cache', 'pull', ...references))
      const begun = performance.now()
      await expectDone(load())
      wholeMs = performance.now() - begun
    })
    afterAll(() => machine.remove())

    const random = randomFrom(seed)
    for (let round = 1; round <= kills; round++) {
      const [what, companion] = random.pick(Object.entries(companions))
      const percent = random.below(100)
      const keeps = random.chance(0.3)
      it(`round ${round}: ${what}, at ${percent} % of its time: nothing is damaged, and the next brings all`, async () => {
        if (!keeps) await Promise.all(nodes.map((node) => machine.empty(node, references)))
        const others = companion(references).map((words) => start('cache', ...words))
        const running = [load(), ...others]
        await new Promise((done) => setTimeout(done, (percent / 100) * wholeMs))
        for (const { child } of running) child.kill('SIGKILL')
        await Promise.all(running.map(({ ended }) => ended))
        expect(await damagedBlobsIn(folder())).toEqual([])
        await expectDone(start('cache', 'verify'))
        await expectDone(start('cache', 'pull', ...references))
        await expectDone(load())
        for (const node of nodes) await expectWhole(node)
      })
    }
  })
}
