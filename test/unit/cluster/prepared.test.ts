import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planCreate } from '../../../src/cluster/create.ts'
import { replaceDisk, whyNoDisk } from '../../../src/cluster/prepared/clone-disk.ts'
import {
  findDisk,
  keepDisk,
  preparedDisks,
  pruneDisks,
  touchDisk,
  type PreparedDisk,
} from '../../../src/cluster/prepared/disk-folder.ts'
import { diskId, manifestFor } from '../../../src/cluster/prepared/disk-id.ts'
import type { Kina } from '../../../src/cluster/kina.ts'
import { createHost } from '../../../src/host/real-host.ts'
import type { Host } from '../../../src/host/host.ts'
import { specOf, specWithWorkers } from '../../support/specs.ts'

describe('diskId()', () => {
  it('is another one for another image or platform, and always the same for the same', () => {
    const one = { manifest: `sha256:${'1'.repeat(64)}`, platform: 'linux/arm64' }
    expect(diskId(one)).toMatch(/^[0-9a-f]{64}$/)
    expect(diskId({ ...one })).toBe(diskId(one))
    expect(diskId({ ...one, manifest: `sha256:${'2'.repeat(64)}` })).not.toBe(diskId(one))
    expect(diskId({ ...one, platform: 'linux/amd64' })).not.toBe(diskId(one))
  })

  it('is about the manifest of the platform, not of the index', () => {
    const variant = (architecture: string, manifest: string) => ({
      os: 'linux',
      architecture,
      variant: '',
      manifest,
      diffIds: [],
    })
    const image = [variant('amd64', 'sha256:a'), variant('arm64', 'sha256:b')]
    expect(manifestFor(image, 'linux/arm64')).toBe('sha256:b')
    expect(manifestFor(image, 'linux/riscv64')).toBe(undefined)
    expect(manifestFor(undefined, 'linux/arm64')).toBe(undefined)
  })
})

describe('whyNoDisk()', () => {
  const node = (containerPath: string) =>
    specOf(`nodes:\n- role: control-plane\n  extraMounts: [{hostPath: /data, containerPath: ${containerPath}}]\n`)
      .nodes[0]
  const called = (product: 'kina' | 'kind', env: Record<string, string> = {}): Pick<Kina, 'product' | 'host'> => ({
    product,
    host: { env } as unknown as Host,
  })
  for (const [path, isInTheWay] of [
    ['/var', true],
    ['/var/lib/kubelet/seccomp', true],
    ['/variety', false],
    ['/data/var', false],
  ] as const) {
    it(`a mount at ${path} is ${isInTheWay ? '' : 'not '}in the way`, () => {
      const [first] = [node(path)]
      expect(first && whyNoDisk(first, called('kina'))).toBe(
        isInTheWay ? `${path} is mounted from the host` : undefined,
      )
    })
  }
  it("another snapshotter is in the way, where it is kind's to choose", () => {
    const [plain] = specOf().nodes
    const env = { KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER: 'native' }
    expect(plain && whyNoDisk(plain, called('kind', env))).toContain('another snapshotter')
    expect(plain && whyNoDisk(plain, called('kina', env))).toBe(undefined)
  })
})

describe('planCreate() with prepared disks', () => {
  it('clones them behind the images and before the first container', () => {
    const needs = Object.fromEntries(planCreate(specWithWorkers(1), true).map((step) => [step.id, step.needs]))
    expect(needs['clone-disks']).toEqual(['ensure-node-images'])
    expect(needs['create-node dev-control-plane']).toEqual(['ensure-node-images', 'clone-disks'])
  })
})

/** Prepared disks as files; cloning is done by copying, since the disk that tests run on may be of any kind. */
describe('the folder of prepared disks', () => {
  let place: string
  let folder: string
  let host: Host
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'kina-disks-'))
    folder = join(place, 'prepared')
    const real = createHost({})
    host = { ...real, blobs: { ...real.blobs, clone: (from, to) => copyFile(from, to).then(() => true) } }
  })
  afterEach(() => rm(place, { recursive: true, force: true }))

  const idOf = (letter: string): string => letter.repeat(64)
  const keep = async (letter: string, bytes = 4096): Promise<PreparedDisk | undefined> => {
    const source = join(place, 'volume.img')
    await writeFile(source, 'x'.repeat(bytes))
    return await keepDisk(host, folder, { id: idOf(letter), source, image: `node:${letter}`, kubernetes: 'v1.37.0' })
  }

  it('is empty where it does not exist', async () => {
    expect(await preparedDisks(host, folder)).toEqual([])
    expect(await pruneDisks(host, folder, 0)).toEqual([])
  })

  it('gives back what was put into it, the one used last first', async () => {
    expect(await keep('a')).toMatchObject({ id: idOf('a'), image: 'node:a', kubernetes: 'v1.37.0' })
    await keep('b')
    await host.blobs.touch(join(folder, `${idOf('b')}.json`), new Date(0))
    await touchDisk(host, folder, idOf('a'))
    expect((await preparedDisks(host, folder)).map(({ image }) => image)).toEqual(['node:a', 'node:b'])
  })

  it('has no disk that is not whole, not known, or was written since', async () => {
    await keep('a')
    const about = join(folder, `${idOf('a')}.json`)
    const text = (await host.files.read(about)) ?? ''
    for (const wrong of ['', 'null', '{}', JSON.stringify({ ...(JSON.parse(text) as object), bytes: 1 })]) {
      await writeFile(about, wrong)
      expect(await findDisk(host, folder, idOf('a'))).toBe(undefined)
    }
    await writeFile(about, text)
    expect(await findDisk(host, folder, idOf('a'))).toBeDefined()
    await writeFile(join(folder, `${idOf('a')}.img`), 'y'.repeat(4096))
    await host.blobs.touch(join(folder, `${idOf('a')}.img`), new Date(1000))
    expect(await findDisk(host, folder, idOf('a'))).toBe(undefined)
  })

  it('takes nothing where nothing can be cloned', async () => {
    host = { ...host, blobs: { ...host.blobs, clone: () => Promise.resolve(false) } }
    expect(await keep('a')).toBe(undefined)
    expect(await readdir(folder)).toEqual([])
    expect(await replaceDisk(host, join(place, 'volume.img'), 'none')).toBe(false)
    expect(await readdir(place)).toContain('volume.img')
  })

  it('loses the disks that were not used for longest, and what nobody will finish', async () => {
    await keep('a', 8192)
    await keep('b', 8192)
    await host.blobs.touch(join(folder, `${idOf('a')}.json`), new Date(0))
    await writeFile(join(folder, `${idOf('c')}.new-999999999-1`), '')
    await writeFile(join(folder, `${idOf('c')}.json`), '{}')
    const own = (await host.processes.startTime(host.platform.pid)) ?? ''
    const living = `${idOf('d')}.new-${host.platform.pid}-${own.replace(/\W/g, '_')}`
    await writeFile(join(folder, living), '')
    await writeFile(join(folder, `${idOf('d')}.json`), '{}')
    await writeFile(join(folder, 'notes.txt'), '')
    const taken = (await preparedDisks(host, folder))[0]?.bytes ?? 0
    expect((await pruneDisks(host, folder, taken)).map(({ image }) => image)).toEqual(['node:a'])
    expect((await readdir(folder)).toSorted()).toEqual(
      [`${idOf('b')}.img`, `${idOf('b')}.json`, `${idOf('d')}.json`, living, 'notes.txt'].toSorted(),
    )
  })
})
