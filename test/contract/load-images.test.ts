import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventsOf, makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'
import { dockerArchive, hostPlatform, makeImage, ociArchive, writeLayout } from '../support/oci-images.ts'

const other = hostPlatform() === 'linux/arm64' ? 'linux/amd64' : 'linux/arm64'
const nodes = ['kina-control-plane', 'kina-worker'] as const

/** `kina load` and `kina get images` against nodes with an image store of their own. Nodes live as long as the file; images do not. */
describe('loading images', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeLab()
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', '--workers', '1'])
    expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
  }, 240_000)
  afterAll(() => lab.remove())
  beforeEach(async () => {
    for (const node of nodes) await lab.container(['exec', node, 'rm', '-rf', '/var/lib/lab-containerd'])
    await lab.forgetCalls()
  })

  const inNode = (node: string, ...words: readonly string[]): Promise<Outcome> =>
    lab.container(['exec', node, ...words])
  const ctr = (node: string, ...words: readonly string[]): Promise<Outcome> =>
    inNode(node, 'ctr', '--namespace', 'k8s.io', ...words)
  const names = async (node: string): Promise<readonly string[]> =>
    (await ctr(node, 'images', 'ls')).stdout
      .split('\n')
      .slice(1)
      .flatMap((line) => line.split(' ')[0] || [])
      .filter((name) => !name.startsWith('sha256:'))
      .toSorted()
  const blobsIn = async (node: string): Promise<readonly string[]> =>
    (await ctr(node, 'content', 'ls', '--quiet')).stdout.split('\n').filter(Boolean).toSorted()
  async function archive(content: Uint8Array, name = 'images.tar'): Promise<string> {
    const path = join(lab.home, name)
    await writeFile(path, content)
    return path
  }
  const load = (...words: readonly string[]): Promise<Outcome> => lab.kina(['load', ...words, '--log-format', 'json'])
  /** Layer bytes that were sent, by the last event of progress. */
  const sent = (outcome: Outcome): number => {
    const last = eventsOf(outcome).findLast((event) => event.kind === 'progress')
    return last?.kind === 'progress' ? last.done : 0
  }
  const imports = async (): Promise<number> =>
    (await lab.calls()).filter((argv) => argv.some((word) => word.includes('ctr images import'))).length

  const base = { 'usr/base': 'b'.repeat(2000) }
  const web = makeImage({ reference: 'docker.io/library/web:1', layers: [base, { 'srv/page': 'one' }] })
  const newer = makeImage({ reference: 'docker.io/library/web:2', layers: [base, { 'srv/page': 'two' }] })
  const sizeOf = (image: typeof web, ...layers: readonly number[]): number =>
    layers.reduce((sum, at) => sum + (image.blobs.get(image.platforms[0]?.layers[at] ?? '')?.length ?? 0), 0)

  it('brings an archive into all nodes, and the second time moves nothing', async () => {
    const path = await archive(ociArchive([web]))
    const first = await load('image-archive', path)
    expect(`${first.exitCode} ${first.exitCode === 0 ? '' : first.stderr}`).toBe('0 ')
    for (const node of nodes) expect(await names(node)).toEqual(['docker.io/library/web:1'])
    expect(sent(first)).toBe(sizeOf(web, 0, 1))
    expect(await imports()).toBe(2)
    const again = await load('image-archive', path)
    expect([again.exitCode, sent(again)]).toEqual([0, 0])
    expect(again.stderr).toContain('already present on kina-control-plane, kina-worker')
    expect(await imports()).toBe(2)
  })

  it('sends of a rebuilt image the layer that has changed, and holds the others meanwhile', async () => {
    await load('image-archive', await archive(ociArchive([web])))
    const before = await blobsIn('kina-worker')
    const outcome = await load('image-archive', await archive(ociArchive([newer])))
    expect([outcome.exitCode, sent(outcome)]).toEqual([0, sizeOf(newer, 1)])
    expect(await names('kina-worker')).toEqual(['docker.io/library/web:1', 'docker.io/library/web:2'])
    // Manifest, configuration and one layer; the hold is gone.
    expect((await blobsIn('kina-worker')).length).toBe(before.length + 3)
  })

  it('counts a layer as there that a node has unpacked and thrown away', async () => {
    await load('image-archive', await archive(ociArchive([web])))
    for (const node of nodes) await ctr(node, 'content', 'rm', ...(web.platforms[0]?.layers ?? []))
    const again = await load('image-archive', await archive(ociArchive([web])))
    expect([again.exitCode, sent(again)]).toEqual([0, 0])
    const outcome = await load('image-archive', await archive(ociArchive([newer])))
    expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
    expect(sent(outcome)).toBe(sizeOf(newer, 1))
  })

  it('sends each node what it lacks', async () => {
    await load('image-archive', await archive(ociArchive([web])), '--nodes', 'kina-worker')
    expect(await names('kina-control-plane')).toEqual([])
    const outcome = await load('image-archive', await archive(ociArchive([newer])))
    expect(sent(outcome)).toBe(sizeOf(newer, 0, 1))
    const layers = newer.platforms[0]?.layers ?? []
    expect((await blobsIn('kina-control-plane')).filter((digest) => layers.includes(digest))).toHaveLength(2)
    for (const node of nodes) expect(await names(node)).toContain('docker.io/library/web:2')
  })

  it('only names what is there under another name', async () => {
    await load('image-archive', await archive(ociArchive([web])))
    await lab.forgetCalls()
    const named = { ...web, reference: 'example.com/shop/web:stable' }
    const outcome = await load('image-archive', await archive(ociArchive([named])))
    expect([outcome.exitCode, sent(outcome), await imports()]).toEqual([0, 0, 0])
    expect(outcome.stderr).toContain('tagged on kina-control-plane, kina-worker')
    for (const node of nodes) expect(await names(node)).toContain('example.com/shop/web:stable')
  })

  it('reads archives of docker, packed ones, stdin and layouts', async () => {
    const image = (name: string, page: string): typeof web =>
      makeImage({ reference: `docker.io/library/${name}:1`, layers: [base, { page }], isPlain: true })
    await load('image-archive', await archive(dockerArchive([image('old', 'a')])))
    await load('image-archive', await archive(gzipSync(dockerArchive([image('gzip', 'b')])), 'a.tar.gz'))
    await load('image-archive', await archive(zstdCompressSync(ociArchive([image('zstd', 'c')])), 'a.tar.zst'))
    const stdin = await archive(ociArchive([image('stdin', 'd')]))
    expect((await shell(`"$0" load image-archive - <${stdin}`)).exitCode).toBe(0)
    const folder = join(lab.home, 'layout')
    await writeLayout(folder, [image('layout', 'e')])
    await load('image-archive', folder)
    expect(await names('kina-worker')).toEqual(
      ['gzip', 'layout', 'old', 'stdin', 'zstd'].map((name) => `docker.io/library/${name}:1`),
    )
  })
  async function shell(script: string): Promise<Outcome> {
    const { spawnSync } = await import('node:child_process')
    const binary = process.env['KINA_BINARY'] ?? join(import.meta.dirname, '../../dist/kina')
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script, binary], { env: lab.env, encoding: 'utf8' })
    return { exitCode: status ?? -1, stdout, stderr }
  }

  it('takes the platform of the nodes and no other, and refuses what has none for it before anything moves', async () => {
    const both = makeImage({
      reference: 'docker.io/library/both:1',
      layers: [base],
      platforms: [other, hostPlatform()],
    })
    expect((await load('image-archive', await archive(ociArchive([both])))).exitCode).toBe(0)
    const [foreign, own] = both.platforms
    const there = await blobsIn('kina-worker')
    expect(there).toContain(own?.manifest)
    expect(there).not.toContain(foreign?.manifest)
    expect(there).not.toContain(both.descriptor.digest)
    const alien = makeImage({ reference: 'docker.io/library/alien:1', layers: [base], platforms: [other] })
    for (const content of [ociArchive([web, alien]), dockerArchive([alien])]) {
      await lab.forgetCalls()
      const { exitCode, stderr } = await load('image-archive', await archive(content))
      expect(stderr).toContain(`it has nothing for the platform ${hostPlatform()}`)
      expect(stderr).toContain(`platforms: ${other}`)
      expect([exitCode, await imports()]).toEqual([1, 0])
    }
  })

  it('gives up an archive whose layer is not what its digest says, and leaves no image of it', async () => {
    const [, layer = ''] = web.platforms[0]?.layers ?? []
    const content = web.blobs.get(layer) ?? Buffer.alloc(0)
    const lying = { ...web, blobs: new Map([...web.blobs, [layer, Buffer.alloc(content.length)]]) }
    const { exitCode, stderr } = await load('image-archive', await archive(ociArchive([lying])))
    expect(stderr).toContain(`Cannot load the layer ${layer}: its bytes have another digest`)
    expect(exitCode).toBe(1)
    for (const node of nodes) expect(await names(node)).toEqual([])
  })

  it('goes on in other nodes when one cannot take it, and says which', async () => {
    const hex = web.platforms[0]?.manifest.replace('sha256:', '') ?? ''
    // A folder where a blob is to be.
    await inNode('kina-worker', 'mkdir', '-p', `/var/lib/lab-containerd/blobs/${hex}`)
    const { exitCode, stderr } = await lab.kina(['load', 'image-archive', await archive(ociArchive([web]))])
    expect(stderr).toContain('Cannot load images into "kina-worker": exit code 1')
    expect(exitCode).toBe(1)
    expect(await names('kina-control-plane')).toEqual(['docker.io/library/web:1'])
  })

  it('says that the store of a node does not answer', async () => {
    await inNode('kina-worker', 'mv', '/run/lab/containerd.active', '/run/lab/aside')
    const { exitCode, stderr } = await lab.kina(['load', 'image-archive', await archive(ociArchive([web]))])
    await inNode('kina-worker', 'mv', '/run/lab/aside', '/run/lab/containerd.active')
    expect(stderr).toContain('Cannot list the images in "kina-worker"')
    expect(stderr).toContain('failed to dial')
    expect(exitCode).toBe(1)
  })

  describe('by name', () => {
    async function intoStore(image: typeof web): Promise<void> {
      const path = await archive(ociArchive([image]), 'store.tar')
      expect((await lab.container(['image', 'load', '--input', path])).exitCode).toBe(0)
    }
    const saves = async (): Promise<number> =>
      (await lab.calls()).filter(([first, second]) => first === 'image' && second === 'save').length
    /** A docker that has one image, as an archive in a file. */
    async function fakeDocker(program: string, image: typeof web): Promise<string> {
      const bin = join(lab.home, 'bin')
      await mkdir(bin, { recursive: true })
      await archive(dockerArchive([image]), `${program}.tar`)
      const [part] = image.platforms
      const json = JSON.stringify([
        { Id: part?.config, Os: 'linux', Architecture: part?.platform.architecture, RootFS: { Layers: part?.diffIds } },
      ])
      const script = `#!/bin/bash
echo "$@" >>"${lab.home}/${program}.calls"
case "$1 $2" in
  'image inspect') [ "$3" = '${image.reference}' ] || { echo 'Error: No such image' >&2; exit 1; }; echo '${json}' ;;
  save*) while [ "$1" != --output ]; do shift; done; cp '${lab.home}/${program}.tar' "$2" ;;
  *) exit 70 ;;
esac
`
      await writeFile(join(bin, program), script)
      await chmod(join(bin, program), 0o755)
      return `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
    }

    it("from Apple's store: compared first, saved only where something is missing", async () => {
      await intoStore(web)
      const first = await load('image', 'web:1')
      expect(first.stderr).toContain('not yet present on node \\"kina-worker\\", loading...')
      expect([first.exitCode, await saves()]).toEqual([0, 1])
      for (const node of nodes) expect(await names(node)).toEqual(['docker.io/library/web:1'])
      const again = await load('image', 'web:1')
      expect(again.stderr).toContain('found to be already present on all nodes.')
      expect([again.exitCode, await saves()]).toEqual([0, 1])
      await lab.container(['image', 'tag', 'web:1', 'example.com/web:next'])
      const tagged = await load('image', 'example.com/web:next')
      expect(tagged.stderr).toContain('is missing the tag example.com/web:next. re-tagging...')
      expect([tagged.exitCode, await saves(), await imports()]).toEqual([0, 1, 2])
      for (const node of nodes) expect(await names(node)).toContain('example.com/web:next')
    })

    it('under the name that a pinned reference has in a node', async () => {
      const image = makeImage({ reference: 'docker.io/library/pin:1', layers: [base], isIndex: true })
      const pinned = { ...image, reference: `docker.io/library/pin@${image.descriptor.digest}` }
      await intoStore(pinned)
      const outcome = await load('image', `pin:1@${image.descriptor.digest}`)
      expect(`${outcome.exitCode} ${outcome.exitCode === 0 ? '' : outcome.stderr}`).toBe('0 ')
      expect(await names('kina-worker')).toEqual([pinned.reference])
    })

    it('from docker: by the id of the image, with its tag where only that is missing', async () => {
      const image = makeImage({ reference: 'docker.io/library/dock:1', layers: [base, { a: 'a' }], isPlain: true })
      const env = { PATH: await fakeDocker('docker', image) }
      const run = (...words: readonly string[]): Promise<Outcome> =>
        lab.kina(['load', 'docker-image', ...words, '--log-format', 'json'], { env })
      const first = await run(image.reference)
      expect(`${first.exitCode} ${first.exitCode === 0 ? '' : first.stderr}`).toBe('0 ')
      for (const node of nodes) expect(await names(node)).toEqual(['docker.io/library/dock:1'])
      expect((await run(image.reference)).stderr).toContain('found to be already present on all nodes.')
      const missing = await run('docker.io/library/none:1')
      expect(missing.stderr).toContain('image: \\"docker.io/library/none:1\\" not present locally')
      expect(missing.exitCode).toBe(1)
      await rm(join(lab.home, 'bin'), { recursive: true })
    })

    it('from podman where docker does not have it, but not under the name of kind', async () => {
      const image = makeImage({ reference: 'docker.io/library/pod:1', layers: [base, { p: 'p' }], isPlain: true })
      const env = { PATH: await fakeDocker('podman', image) }
      expect((await lab.kina(['load', 'image', image.reference], { env })).exitCode).toBe(0)
      expect(await names('kina-worker')).toEqual(['docker.io/library/pod:1'])
      const kind = await lab.kina(['load', 'docker-image', image.reference, '--name', 'kina'], {
        env,
        calledAs: 'kind',
      })
      expect(kind.stderr).toContain('ERROR: image: "docker.io/library/pod:1" not present locally')
      expect(kind.exitCode).toBe(1)
      await rm(join(lab.home, 'bin'), { recursive: true })
    })

    it("refuses an image that Apple's store has for another platform only", async () => {
      await intoStore(makeImage({ reference: 'docker.io/library/alien:1', layers: [base], platforms: [other] }))
      const { exitCode, stderr } = await load('image', 'alien:1')
      expect(stderr).toContain(`has nothing of it for the platform ${hostPlatform()}`)
      expect([exitCode, await saves()]).toEqual([1, 0])
    })
  })

  it('shows what each node has', async () => {
    await load('image-archive', await archive(ociArchive([web])))
    await load('image-archive', await archive(ociArchive([newer])), '--nodes', 'kina-worker')
    expect((await lab.kina(['get', 'images', '-o', 'name'])).stdout).toBe(
      'docker.io/library/web:1\ndocker.io/library/web:2\n',
    )
    const { stdout } = await lab.kina(['get', 'images'])
    expect(stdout).toMatch(/^NAME +DIGEST +SIZE +NODES\n/)
    expect(stdout).toMatch(/web:1 +sha256:[0-9a-f]{12} +1\.0 MiB +kina-control-plane,kina-worker\n/)
    expect(JSON.parse((await lab.kina(['get', 'images', '-o', 'json'])).stdout)).toMatchObject([
      { name: 'docker.io/library/web:1', digest: web.platforms[0]?.manifest, nodes: [...nodes] },
      { name: 'docker.io/library/web:2', nodes: ['kina-worker'] },
    ])
  })

  describe('refuses', () => {
    const cases: readonly { words: readonly string[]; says: string; code: number }[] = [
      { words: ['image'], says: 'a list of image names is required', code: 2 },
      { words: ['image', 'A B', 'web:1', '@'], says: 'Cannot load "A B", "@": no image reference', code: 2 },
      { words: ['image-archive'], says: 'name of image archive is required', code: 2 },
      { words: ['image-archive', 'none.tar'], says: 'stat none.tar: no such file or directory', code: 2 },
      { words: ['image-archive', '-', '-'], says: 'Cannot read stdin twice', code: 2 },
      { words: ['image-archive', '.', '--name', 'none'], says: 'no nodes found for cluster "none"', code: 4 },
      { words: ['image-archive', '.', '--nodes', 'kina-worker,x'], says: 'unknown node: "x"', code: 4 },
      { words: ['image-archive', '.'], says: 'it has neither oci-layout nor manifest.json', code: 1 },
      { words: ['image', 'none:1'], says: 'image: "none:1" not present locally', code: 1 },
    ]
    for (const { words, says, code } of cases) {
      it(words.join(' '), async () => {
        const { exitCode, stdout, stderr } = await lab.kina(['load', ...words])
        expect(stderr).toContain(says)
        expect([exitCode, stdout]).toEqual([code, ''])
      })
    }
    it('archives in words and codes of kind, under its name', async () => {
      const { exitCode, stderr } = await lab.kina(['load', 'image-archive', 'none.tar'], { calledAs: 'kind' })
      expect(stderr).toContain('ERROR: stat none.tar: no such file or directory')
      expect(exitCode).toBe(1)
    })
  })
})
