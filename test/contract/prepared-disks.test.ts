import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { seedNodeImage } from '../lab/store/node-image.ts'
import { mountCloningDisk, type CloningDisk } from '../support/cloning-disk.ts'
import { eventsOf, makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'
import { controlPlaneImages, packed, packedChain, packedImageFiles } from '../support/packed-image.ts'

/** Prepared disks from being made to being gone, on simulated nodes: what Apple's volumes do, without Kubernetes. */
describe('prepared disks', () => {
  let place: string
  let disk: CloningDisk
  let lab: Lab
  let folder: string
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'kina-cloning-'))
    disk = await mountCloningDisk(join(place, 'disk'))
    lab = await makeLab({ images: [], below: disk.path })
    folder = join(lab.home, '.cache/kina/prepared')
    await seedNodeImage(join(lab.root, 'lab'), defaultNodeImage, packedImageFiles(controlPlaneImages))
  })
  afterEach(async () => {
    await lab.kina(['delete', 'cluster'])
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
  })
  afterAll(async () => {
    await lab.remove()
    await disk.remove()
    await rm(place, { recursive: true, force: true })
  })

  const warm = async (): Promise<void> => {
    const { exitCode, stderr } = await lab.kina(['cache', 'warm'])
    expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
  }
  const create = (...words: string[]): Promise<Outcome> =>
    lab.kina(['create', 'cluster', '--log-format', 'json', ...words])
  const warningsOf = (outcome: Outcome): readonly string[] =>
    eventsOf(outcome).flatMap((event) => (event.kind === 'warning' ? [event.message] : []))
  const inNode = async (script: string, node = 'kina-control-plane'): Promise<string> =>
    (await lab.container(['exec', node, 'bash', '-c', script])).stdout
  const chains = (node?: string): Promise<string> =>
    inNode('ctr --namespace k8s.io snapshots --snapshotter overlayfs ls', node)

  it('change nothing where there are none: no call, no step', async () => {
    await lab.forgetCalls()
    const outcome = await create()
    expect(outcome.exitCode).toBe(0)
    expect((await lab.calls()).filter(([word]) => word === 'volume')).toEqual([])
    expect(outcome.stderr).not.toContain('clone-disks')
    expect(await chains()).not.toContain(packedChain)
    await lab.kina(['delete', 'cluster'])
    expect((await lab.calls()).filter(([word]) => word === 'volume')).toEqual([])
  })

  it('are made once by "cache warm", from a container in which nothing was started', async () => {
    await lab.forgetCalls()
    const made = await lab.kina(['cache', 'warm', '-o', 'json'])
    expect(`${made.exitCode} ${made.exitCode === 0 ? '' : made.stderr}`).toBe('0 ')
    expect(JSON.parse(made.stdout)).toMatchObject([
      { name: defaultNodeImage.replace(/^(?!docker)/, 'docker.io/'), kubernetes: 'v1.37.0', isNew: true },
    ])
    const calls = await lab.calls()
    expect(calls.find(([word]) => word === 'create')).toEqual(
      expect.arrayContaining(['--entrypoint=/usr/bin/sleep', 'infinity']),
    )
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
    expect((await readdir(folder)).map((name) => name.replace(/^[0-9a-f]{64}/, 'ID')).toSorted()).toEqual([
      'ID.img',
      'ID.json',
    ])
    await lab.forgetCalls()
    expect(JSON.parse((await lab.kina(['cache', 'warm', '-o', 'json'])).stdout)).toMatchObject([{ isNew: false }])
    expect((await lab.calls()).some(([word]) => word === 'create')).toBe(false)
  })

  it('are what nodes start from, each with a clone of its own, in few calls; not where the host is mounted below /var', async () => {
    await warm()
    await lab.forgetCalls()
    const input = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
- role: worker
- role: worker
  extraMounts: [{hostPath: ${lab.home}/data, containerPath: /var/data}]
`
    const outcome = await lab.kina(['create', 'cluster', '--log-format', 'json', '--config', '-'], { input })
    expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
    expect(warningsOf(outcome)).toEqual([
      'Create kina-worker2 without its prepared disk: /var/data is mounted from the host',
    ])
    // What a create may cost: 12 calls for one node, 4 for each further one.
    expect((await lab.calls()).length).toBeLessThanOrEqual(12 + 2 * 4)
    for (const node of ['kina-control-plane', 'kina-worker']) {
      expect(await chains(node)).toContain(packedChain)
      expect(await inNode('ctr --namespace k8s.io images ls', node)).toContain(packed.reference)
    }
    expect(await chains('kina-worker2')).not.toContain(packedChain)
    await inNode('echo mine >/var/mark')
    expect(await inNode('ls /var', 'kina-worker')).not.toContain('mark')
  })

  it('hold what every API server writes first and nothing else, for an etcd that shares no id with another', async () => {
    await warm()
    const identities = new Set<string>()
    for (const name of ['kina', 'other']) {
      const outcome = await create('--name', name, '--workers', '1')
      expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
      expect(warningsOf(outcome)).toEqual([])
      const node = `${name}-control-plane`
      const lists = (
        await inNode("cut -d / -f 3-4 /var/lib/etcd/member/keys | sed 's,/[^/]*$,,' | sort -u", node)
      ).split(/\s/)
      expect(lists.filter(Boolean)).toEqual([
        'apiregistration.k8s.io',
        'clusterrolebindings',
        'clusterroles',
        'flowschemas',
        'priorityclasses',
        'prioritylevelconfigurations',
        'rolebindings',
        'roles',
      ])
      const [member, peer = '', token = ''] = (await inNode('cat /var/lib/etcd/member/identity', node))
        .trim()
        .split(' ')
      expect(member).toBe(node)
      expect(await inNode('cat /lab-address', node)).toContain(peer.replace(/^https:\/\/(.*):2380$/, '$1'))
      identities.add(token)
      expect(await inNode('ls /var/lib/kina', node)).not.toContain('etcd')
      expect(await inNode('ls /var/lib/etcd', `${name}-worker`)).toBe('')
    }
    expect(identities.size).toBe(2)
    expect((await chains()).split('\n').filter((line) => line.includes('/tmp/'))).toEqual([])
    await lab.kina(['delete', 'cluster', 'other'])
  })

  it('leave etcd empty where the API server is told to be otherwise', async () => {
    await warm()
    const patch = 'kubeadmConfigPatches: ["kind: ClusterConfiguration\\nimageRepository: registry.k8s.io"]'
    for (const option of ['featureGates: {AllAlpha: false}', 'runtimeConfig: {api/alpha: "false"}', patch]) {
      const input = `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n${option}\n`
      const outcome = await lab.kina(['create', 'cluster', '--config', '-'], { input })
      expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
      expect(await chains()).toContain(packedChain)
      expect(await inNode('ls /var/lib/etcd/member')).toBe('')
      await lab.kina(['delete', 'cluster'])
    }
  })

  it('without anything for etcd, or with something damaged, are used for the images', async () => {
    const image = 'docker.io/kindest/node:v1.36.8'
    const damaged = {
      'snapshot.db': 'half',
      'etcdutl': await readFile(join(import.meta.dirname, '../lab/simulated/images/etcdutl'), 'utf8'),
    }
    const files = Object.entries(damaged).map(([name, content]) => ({
      name: `var/lib/kina/etcd/${name}`,
      content,
      mode: 0o755,
    }))
    await seedNodeImage(join(lab.root, 'lab'), image, [...packedImageFiles(), ...files])
    const warmed = await lab.kina(['cache', 'warm', image])
    expect(warmed.exitCode).toBe(0)
    expect(warmed.stderr).toMatch(/without etcd's first content: the node image has no etcd in usr\/local\/bin/)
    const outcome = await create('--image', image)
    expect(outcome.exitCode).toBe(0)
    expect(await chains()).toContain(packedChain)
    expect(warningsOf(outcome).join()).toMatch(/^Begin kina-control-plane with an empty etcd: .*snapshot missing hash$/)
    expect(await inNode('ls /var/lib/etcd/member')).toBe('')
  })

  it('cannot be made of an image that does not say its version, and that is what is said', async () => {
    const image = 'docker.io/kindest/node:v1.36.7'
    const files = [...packedImageFiles(), { name: 'kind/version', content: 'unknown\n' }]
    await seedNodeImage(join(lab.root, 'lab'), image, files)
    const failed = await lab.kina(['cache', 'warm', image])
    expect(failed.exitCode).toBe(1)
    expect(failed.stderr).toMatch(/Cannot prepare a disk of .*v1\.36\.7/)
    expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
  })

  it('are left alone with --no-prepared and KINA_PREPARED=off', async () => {
    await warm()
    const plan = async (words: readonly string[], env = {}): Promise<string> =>
      (await lab.kina(['create', 'cluster', '--plan', ...words], { env })).stdout
    expect(await plan([])).toContain('clone-disks')
    expect(await plan(['--no-prepared'])).not.toContain('clone-disks')
    expect(await plan([], { KINA_PREPARED: 'off' })).not.toContain('clone-disks')
    const refused = await lab.kina(['create', 'cluster'], { env: { KINA_PREPARED: 'yes' } })
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('Set it to auto or off')
    expect((await create('--no-prepared')).exitCode).toBe(0)
    expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
  })

  it('of another node image are never used', async () => {
    await warm()
    const other = 'docker.io/kindest/node:v1.36.9'
    await seedNodeImage(join(lab.root, 'lab'), other, packedImageFiles())
    const outcome = await create('--image', other)
    expect(outcome.exitCode).toBe(0)
    expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
    expect(await chains()).not.toContain(packedChain)
  })

  it('that are not what a node finds are not used, and the node is made without, saying so', async () => {
    await warm()
    const [image = ''] = (await readdir(folder)).filter((name) => name.endsWith('.img'))
    const path = join(folder, image)
    // As if the service had put its own disk back: an empty one of the same size, known by the same name.
    const { size, mtime, ino } = await stat(path)
    execFileSync('truncate', ['--size', '0', path])
    execFileSync('truncate', ['--size', String(size), path])
    execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=1,nodiscard', '-O', '^has_journal', path])
    await utimes(path, mtime, mtime)
    expect((await stat(path)).ino).toBe(ino)
    const about = join(folder, image.replace('.img', '.json'))
    const said = JSON.parse(await readFile(about, 'utf8')) as object
    await writeFile(about, JSON.stringify({ ...said, version: `${ino}-${(await stat(path)).mtimeMs}` }))
    const outcome = await create()
    expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
    expect(warningsOf(outcome).join()).toContain('Create kina-control-plane without its prepared disk')
    expect(await inNode('mountpoint /var')).toContain('is not a mountpoint')
    expect((await lab.kina(['status'])).exitCode).toBe(0)
  })

  it('that were written since they were made do not count', async () => {
    await rm(folder, { recursive: true, force: true })
    await warm()
    const [image = ''] = (await readdir(folder)).filter((name) => name.endsWith('.img'))
    execFileSync('dd', ['if=/dev/zero', `of=${join(folder, image)}`, 'bs=1', 'count=1', 'conv=notrunc'], {
      stdio: 'ignore',
    })
    expect((await lab.kina(['create', 'cluster', '--plan'])).stdout).not.toContain('clone-disks')
    expect(JSON.parse((await lab.kina(['cache', 'warm', '-o', 'json'])).stdout)).toMatchObject([{ isNew: true }])
  })

  it('cannot be kept where files cannot be cloned: that is said, and clusters are made without', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'kina-elsewhere-'))
    try {
      const env = { KINA_CACHE_DIR: elsewhere }
      const refused = await lab.kina(['cache', 'warm'], { env })
      expect(refused.stderr).toContain('on the same APFS volume')
      expect(refused.exitCode).toBe(3)
      expect((await readdir(join(elsewhere, 'prepared'))).filter((name) => !name.endsWith('.lock'))).toEqual([])
      expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
    } finally {
      await rm(elsewhere, { recursive: true, force: true })
    }
  })

  it('whose making fails leave nothing, and one at a time is made', async () => {
    await rm(folder, { recursive: true, force: true })
    const faults = join(lab.root, 'fault-fill.json')
    await writeFile(faults, JSON.stringify([{ command: ['exec'], do: { fail: { message: 'no room' } } }]))
    const failed = await lab.kina(['cache', 'warm'], { env: { LAB_FAULTS: faults } })
    expect(failed.exitCode).toBe(1)
    expect(failed.stderr).toMatch(/Cannot prepare a disk of .*: exit code 1[\s\S]*no room/)
    expect(await readdir(folder)).toEqual([])

    const [{ id = '' } = {}] = JSON.parse((await lab.kina(['cache', 'warm', '-o', 'json'])).stdout) as { id: string }[]
    await rm(join(folder, `${id}.img`))
    const own = await readFile('/proc/self/stat', 'utf8')
    const startTime = own.slice(own.lastIndexOf(')') + 2).split(' ')[19]
    const owner = { pid: process.pid, startTime, run: 'r1', command: 'cache warm', children: [] }
    await writeFile(join(folder, `${id}.lock`), JSON.stringify(owner))
    const refused = await lab.kina(['cache', 'warm'])
    expect(refused.stderr).toContain('another kina is at it')
    expect(refused.exitCode).toBe(4)
    await rm(join(folder, `${id}.lock`))
  })

  it('are made of an image that has to be fetched first', async () => {
    const image = 'docker.io/kindest/node:v1.35.9'
    const registry = join(lab.root, 'registry.json')
    await writeFile(registry, JSON.stringify([image]))
    const options = { env: { LAB_REGISTRY: registry } }
    const warmed = await lab.kina(['cache', 'warm', image, '--image-cache', 'off', '-o', 'json'], options)
    expect(`${warmed.exitCode} ${warmed.exitCode === 0 ? '' : warmed.stderr}`).toBe('0 ')
    expect(JSON.parse(warmed.stdout)).toMatchObject([{ kubernetes: 'v1.35.9', isNew: true }])
  })

  it('for which no volumes can be had are done without', async () => {
    await warm()
    const faults = join(lab.root, 'fault-volume.json')
    await writeFile(faults, JSON.stringify([{ command: ['volume', 'create'], do: { fail: { message: 'no' } } }]))
    const outcome = await lab.kina(['create', 'cluster', '--log-format', 'json'], { env: { LAB_FAULTS: faults } })
    expect(outcome.exitCode).toBe(0)
    expect(warningsOf(outcome).join()).toContain(
      'Create kina-control-plane without its prepared disk: Cannot create volume',
    )
  })

  it('go with the cache: what a killed run has left, and the disks that are too many', async () => {
    await rm(folder, { recursive: true, force: true })
    await warm()
    const id = 'ab'.repeat(32)
    await writeFile(join(folder, `${id}.new-999999-12`), 'half')
    await writeFile(join(folder, `${id}.json`), '{}')
    const kept = await lab.kina(['cache', 'prune', '-o', 'json'])
    expect(JSON.parse(kept.stdout)).toMatchObject({ disks: [] })
    expect((await readdir(folder)).some((name) => name.startsWith(id))).toBe(false)
    expect((await readdir(folder)).length).toBe(2)
    const pruned = await lab.kina(['cache', 'prune', '--all', '-o', 'json'])
    expect(JSON.parse(pruned.stdout)).toMatchObject({ disks: [{ bytes: expect.any(Number) as number }] })
    expect(await readdir(folder)).toEqual([])
  })

  it('whose making is killed leave nothing that could be used, and nothing at all after the next', async () => {
    await rm(folder, { recursive: true, force: true })
    // Before there is anything, in the middle and at the end; a killed client's work is ended by the service.
    for (const command of [['create'], ['exec'], ['volume', 'delete']]) {
      await rm(folder, { recursive: true, force: true })
      const fault = [{ command, do: { endCaller: true } }]
      const faults = join(lab.root, `fault-${command.join('-')}.json`)
      await writeFile(faults, JSON.stringify(fault))
      const killed = await lab.start(['cache', 'warm'], { env: { LAB_FAULTS: faults } }).ended
      expect(killed.exitCode).toBe(137)
      const left = await readdir(folder)
      // Only the last of them comes after the disk is in its place.
      expect(left.some((name) => name.endsWith('.img'))).toBe(command.join(' ') === 'volume delete')
      await rm(join(folder, left.find((name) => name.endsWith('.img')) ?? 'none'), { force: true })
      await warm()
      expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
      expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
    }
  })

  it('of a create that is killed are removed by the delete, with or without a node', async () => {
    await warm()
    for (const [command, nth] of [
      [['volume', 'list'], 1],
      [['start'], 2],
    ] as const) {
      const faults = join(lab.root, `fault-create-${command.join('-')}.json`)
      await writeFile(faults, JSON.stringify([{ command, nth, do: { endCaller: true } }]))
      const killed = await lab.start(['create', 'cluster', '--workers', '1'], { env: { LAB_FAULTS: faults } }).ended
      expect(killed.exitCode).toBe(137)
      const deleted = await lab.kina(['delete', 'cluster'])
      expect(`${deleted.exitCode} ${deleted.exitCode === 0 ? '' : deleted.stderr}`).toBe('0 ')
      expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
    }
  })

  it('of a create that fails are undone with it', async () => {
    await warm()
    const faults = join(lab.root, 'fault-undo.json')
    await writeFile(faults, JSON.stringify([{ command: ['start'], do: { fail: { message: 'no' } }, times: 2 }]))
    const failed = await lab.kina(['create', 'cluster'], { env: { LAB_FAULTS: faults } })
    expect(failed.exitCode).not.toBe(0)
    expect((await lab.container(['volume', 'list', '--quiet'])).stdout).toBe('')
  })
})
