import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildNodeImage } from '../lab/node-image/build.ts'
import { claimNetwork } from '../lab/podman/network.ts'
import { podman, run } from '../lab/podman/run.ts'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

const repository = resolve(import.meta.dirname, '../..')

/** A lab folder of its own, so that the labs of others go on. */
describe('scripts/lab down', () => {
  let folder: string
  let lab: Lab
  const env = (): Record<string, string> => ({ ...(process.env as Record<string, string>), KINA_LAB_FOLDER: folder })
  const script = (...words: readonly string[]): Promise<string> =>
    run('env', `KINA_LAB_FOLDER=${folder}`, join(repository, 'scripts/lab'), ...words)

  /** What the lab may leave on the machine. */
  async function traces(): Promise<readonly string[]> {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    const loops = (await run('losetup', '--list', '--noheadings', '--output=BACK-FILE')).split('\n')
    const format = '{{.Names}} {{index .Labels "kina-lab-root"}}'
    const guests = (await podman('ps', '--all', '--filter=label=kina-lab-root', `--format=${format}`)).split('\n')
    const networks = await podman('network', 'ls', '--filter=label=kina-lab-root', '--format={{.Name}} {{.Labels}}')
    return [...mounts, ...loops, ...guests, ...networks.split('\n')].filter((line) => line.includes(folder))
  }

  beforeAll(async () => {
    folder = await mkdtemp('/var/lib/kina-lab-down-')
    await script('up', '1.37')
    lab = await makeLab({
      images: [],
      below: join(folder, 'disk'),
      env: { LAB_BACKEND: 'podman', KINA_LAB_FOLDER: folder },
      settle: async (root) => ({ LAB_SUBNET: await claimNetwork(root) }),
    })
  }, 600_000)
  afterAll(async () => {
    if (existsSync(folder)) await script('down')
  }, 120_000)

  it('leaves nothing of a lab that was interrupted: no guest, mount, loop device or network', async () => {
    const root = join(lab.root, 'lab')
    const bun = join(repository, 'node_modules/.bin/bun')
    const seed = join(repository, 'test/lab/podman/seed.ts')
    const archive = await buildNodeImage('1.37')
    const image = (await run('env', ...pairs({ ...env(), LAB_ROOT: root }), bun, seed, archive)).trim()
    const words = ['--cap-add', 'ALL', '--masked-path', 'NONE', '--read-only-path', 'NONE', image]
    await lab.container(['create', '--name', 'aside', '--volume', 'data:/data', ...words])
    expect((await lab.container(['start', 'aside'])).stderr).toBe('')
    const kina = lab.start(['create', 'cluster', '--image', image, '--workers', '1', '-v', '1'])
    await kina.saw(/Boot kina-worker/)
    process.kill(-(kina.child.pid ?? 0), 'SIGKILL')
    await kina.ended
    // The root of the guest, its disk, its volume, the second guest, the bridge.
    expect((await traces()).length).toBeGreaterThan(5)
    await script('down')
    expect(await traces()).toEqual([])
    expect(existsSync(folder)).toBe(false)
  })
})

function pairs(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([key, value]) => `${key}=${value}`)
}
