import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../lab/podman/run.ts'
import { impatientCluster } from '../support/failing-clusters.ts'
import { arePrepared, makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

const gibibyte = 1024 ** 3
const node = 'full-control-plane'

describe('real nodes whose host has a full disk', () => {
  let lab: RealLab
  /** A small file system, where the disks and volumes of this lab's nodes are, and the prepared disk if they have one. */
  let small: string
  let before: readonly string[]
  const env = (): Readonly<Record<string, string>> => (arePrepared ? { KINA_CACHE_DIR: join(small, 'cache') } : {})

  beforeAll(async () => {
    lab = await makeRealLab()
    small = join(lab.root, 'small')
    const guests = join(lab.root, 'lab/guests')
    // A node's disk as its image has it, from one that has been started and stopped.
    for (const words of [
      ['create', '--name', 'seed', '--cap-add', 'ALL', lab.nodeImage],
      ['start', 'seed'],
      ['stop', 'seed'],
    ])
      expect((await lab.container(words)).stderr).toBe('')
    const image = join(lab.root, 'image.ext4')
    await run('cp', '--reflink=always', join(guests, 'seed/root.ext4'), image)
    expect((await lab.container(['delete', 'seed'])).exitCode).toBe(0)
    const sources = [image, ...(arePrepared ? await preparedDisks(lab) : [])]
    const sizes = await Promise.all(sources.map(async (path) => (await stat(path)).blocks * 512))
    const device = join(lab.root, 'small.xfs')
    await run('truncate', '--size', String(sizes.reduce((sum, size) => sum + size, 2 * gibibyte)), device)
    await run('mkfs.xfs', '-q', '-m', 'reflink=1', device)
    await mkdir(small)
    await run('mount', '-o', 'loop', device, small)
    for (const folder of ['guests', 'volumes']) {
      await mkdir(join(small, folder))
      await mkdir(join(lab.root, 'lab', folder), { recursive: true })
      await run('mount', '--bind', join(small, folder), join(lab.root, 'lab', folder))
    }
    await run('cp', '--sparse=always', image, join(small, 'image.ext4'))
    if (arePrepared)
      await run('cp', '--sparse=always', '--archive', lab.env['KINA_CACHE_DIR'] ?? '', join(small, 'cache'))
    before = await tracesOf(lab.root)
  })
  afterAll(() => lab.remove())

  /** The lab clones no image onto another file system, so the clone is there before it looks. */
  const cloneRoot = async (): Promise<void> => {
    const guest = join(small, 'guests', node)
    await mkdir(join(guest, 'root'), { recursive: true })
    await run('cp', '--reflink=always', join(small, 'image.ext4'), join(guest, 'root.ext4'))
  }
  /** Takes all but so many bytes. A file system keeps some of what it calls free for itself: all means until it refuses. */
  const fill = async (left: number): Promise<void> => {
    const [, free = '0'] = (await run('df', '--output=avail', '--block-size=1M', small)).trim().split(/\s+/)
    const count = Number(free) - left / 1024 ** 2 + (left === 0 ? 1024 : 0)
    const written = run('dd', 'if=/dev/zero', `of=${join(small, 'filler')}`, 'bs=1M', `count=${count}`)
    if (left === 0) await expect(written).rejects.toThrow('No space left on device')
    else await written
  }
  const create = (input = ''): ReturnType<RealLab['kina']> =>
    lab.kina(['create', 'cluster', 'full', '--image', lab.nodeImage, ...(input === '' ? [] : ['--config', '-'])], {
      input,
      env: env(),
    })
  const expectNothingLeft = async (): Promise<void> => {
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    expect((await tracesOf(lab.root)).filter((line) => !before.includes(line))).toEqual([])
  }

  it('a cluster on it is deleted as any other', async () => {
    await cloneRoot()
    const { stderr } = await create()
    expect(stderr).toContain('kubectl cluster-info --context kina-full')
    expect(stderr).not.toContain('without its prepared disk')
    await fill(0)
    // The node writes what its disk no longer takes.
    await lab.kina(['exec', node, '--', 'sh', '-c', 'head -c 300000000 /dev/zero >/var/big; sync'])
    const deleted = await lab.kina(['delete', 'cluster', 'full'])
    expect(`${deleted.exitCode} ${deleted.exitCode === 0 ? '' : deleted.stderr}`).toBe('0 ')
    await expectNothingLeft()
  })

  it('a create that fills it fails with evidence, and is undone', async () => {
    await rm(join(small, 'filler'), { force: true })
    await cloneRoot()
    await fill(100 * 1024 ** 2)
    const { exitCode, stderr } = await create(impatientCluster)
    expect(stderr).toMatch(/Evidence of the failure is in \S+/)
    expect(exitCode).not.toBe(0)
    await expectNothingLeft()
  })
})

/** Files of the prepared disks that all labs of this run share. */
async function preparedDisks({ env }: RealLab): Promise<readonly string[]> {
  const folder = join(env['KINA_CACHE_DIR'] ?? '', 'prepared')
  return (await readdir(folder)).map((name) => join(folder, name))
}
