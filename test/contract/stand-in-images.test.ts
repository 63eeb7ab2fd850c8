import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'
import { hostPlatform, makeImage, ociArchive, sha256, type TestImage } from '../support/oci-images.ts'
import { startRegistry, type RegistryServer } from '../support/registry-server.ts'
import { tarOf } from '../lab/store/tar.ts'

const other = hostPlatform() === 'linux/arm64' ? 'linux/amd64' : 'linux/arm64'

const web = makeImage({ reference: 'docker.io/library/web:1', layers: [{ 'srv/page': 'one' }, { 'srv/more': 'two' }] })
const both = makeImage({
  reference: 'docker.io/library/both:1',
  layers: [{ 'srv/page': 'both' }],
  platforms: [hostPlatform(), other],
})

/** The image store, as apple/containerization has it (ImageStore, Reference) and the commands of 1.2.2 show it. */
describe('the images of the stand-in', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab({ images: [] })
  })
  afterEach(() => lab.remove())

  const image = (...words: readonly string[]): Promise<Outcome> => lab.container(['image', ...words])
  async function load(archive: Uint8Array, ...options: readonly string[]): Promise<Outcome> {
    const path = join(lab.root, 'in.tar')
    await writeFile(path, archive)
    return await image('load', '--input', path, ...options)
  }
  /** A registry with this image as REPOSITORY:1. */
  async function serve(repository: string, { blobs: content, descriptor }: TestImage): Promise<RegistryServer> {
    const registry = await startRegistry()
    registry.add(repository, '1', { blobs: content, root: descriptor })
    return registry
  }
  interface Shown {
    readonly id: string
    readonly configuration: { readonly name: string; readonly descriptor: { readonly digest: string } }
    readonly variants: readonly {
      readonly digest: string
      readonly platform: { readonly architecture: string }
      readonly config: { readonly rootfs: { readonly diff_ids: readonly string[] } }
    }[]
  }
  const inspect = async (reference: string): Promise<Shown | undefined> =>
    (JSON.parse((await image('inspect', reference)).stdout) as Shown[])[0]
  /** The text of a member of an archive. */
  const member = (archive: string, name: string): string =>
    execFileSync('tar', ['-xOf', archive, name], { encoding: 'utf8' })
  async function blobs(): Promise<readonly string[]> {
    return (await readdir(join(lab.root, 'lab/content/blobs/sha256'))).toSorted()
  }

  it('keeps what load brings, shows it, and saves the same bytes', async () => {
    expect(await load(ociArchive([web]))).toEqual({ exitCode: 0, stdout: 'docker.io/library/web:1\n', stderr: '' })
    const shown = await inspect('web:1')
    expect(shown?.configuration.name).toBe('docker.io/library/web:1')
    expect(shown?.variants.map(({ digest }) => digest)).toEqual([web.platforms[0]?.manifest])
    expect(shown?.variants[0]?.config.rootfs.diff_ids).toEqual(web.platforms[0]?.diffIds)
    const out = join(lab.root, 'out.tar')
    const saved = await image('save', '--platform', hostPlatform(), '--output', out, 'web:1')
    expect(saved).toEqual({ exitCode: 0, stdout: 'web:1\n', stderr: '' })
    for (const [digest, content] of web.blobs) {
      expect(sha256(execFileSync('tar', ['-xOf', out, `blobs/${digest.replace(':', '/')}`]))).toBe(sha256(content))
    }
    const { manifests } = JSON.parse(member(out, 'index.json')) as {
      manifests: { digest: string; annotations: Record<string, string> }[]
    }
    // A bare manifest gets an index of its own, and every name is written three times.
    expect(manifests[0]?.digest).toBe(shown?.configuration.descriptor.digest)
    expect(Object.keys(manifests[0]?.annotations ?? {}).toSorted()).toEqual([
      'com.apple.containerization.image.name',
      'io.containerd.image.name',
      'org.opencontainers.image.ref.name',
    ])
  })

  it('saves to stdout as well, with the names on stderr', async () => {
    await load(ociArchive([web]))
    const script = '"$0" image save web:1 >out.tar'
    const { stderr, exitCode } = runShell(script)
    expect([exitCode, stderr]).toEqual([0, 'web:1\n'])
    expect(member(join(lab.home, 'out.tar'), 'oci-layout')).toContain('1.0.0')
  })
  function runShell(script: string): { readonly exitCode: number; readonly stderr: string } {
    const { status, stderr } = spawnSync('bash', ['-c', script, lab.env['KINA_CONTAINER'] ?? ''], {
      env: lab.env,
      cwd: lab.home,
      encoding: 'utf8',
    })
    return { exitCode: status ?? -1, stderr }
  }

  it('loads from stdin, packed or not, and no archive without a layout', async () => {
    await writeFile(join(lab.home, 'in.tar'), ociArchive([web]))
    expect(runShell('"$0" image load <in.tar').exitCode).toBe(0)
    expect(runShell('gzip <in.tar | "$0" image load').exitCode).toBe(0)
    expect((await load(zstdCompressSync(ociArchive([web])))).exitCode).toBe(0)
    const docker = await load(tarOf([{ name: 'manifest.json', content: '[]' }]))
    expect(docker.exitCode).toBe(1)
    expect(docker.stderr).toMatch(/notFound: ".*\/oci-layout"/)
  })

  it('refuses an archive that leads outside, and leaves that part out when it is forced', async () => {
    const evil = Buffer.concat([tarOf([{ name: '../evil', content: 'x' }]).subarray(0, 1024), ociArchive([web])])
    const { exitCode, stderr } = await load(evil)
    expect(stderr).toContain('cannot load tar image with rejected paths: ["../evil"]')
    expect(exitCode).toBe(1)
    expect((await load(evil, '--force')).exitCode).toBe(0)
    expect((await readdir(lab.root)).includes('evil')).toBe(false)
  })

  it('refuses an index that names what is not there, and content that is not what it says', async () => {
    const [part] = both.platforms
    expect((await load(ociArchive([both], [part?.manifest ?? '']))).stderr).toContain('missingContent("sha256:')
    const [layer = ''] = web.platforms[0]?.layers ?? []
    const lying: TestImage = { ...web, blobs: new Map([...web.blobs, [layer, Buffer.from('something else')]]) }
    expect((await load(ociArchive([lying]))).stderr).toContain(`digest mismatch expected ${layer}`)
    expect((await image('list', '--quiet')).stdout).toBe('')
  })

  it('saves one platform of several, and without one all or nothing', async () => {
    const registry = await serve('both', both)
    try {
      const name = `${registry.name}/both:1`
      expect(await image('pull', '--scheme', 'http', '--platform', hostPlatform(), name)).toEqual({
        exitCode: 0,
        stdout: '',
        stderr: '',
      })
      expect(registry.asked.some(({ path }) => path.includes(both.platforms[1]?.manifest ?? '?'))).toBe(false)
      expect((await inspect(name))?.variants).toHaveLength(1)
      expect((await image('save', '-o', join(lab.root, 'all.tar'), name)).stderr).toMatch(
        /^Error: content with digest sha256:/,
      )
      const missing = await image('save', '-o', join(lab.root, 'x.tar'), '--platform', other, name)
      expect(missing.stderr).toMatch(/has no content for platform linux\/\w+(\/v8)?; available platforms: linux\//)
      const out = join(lab.root, 'one.tar')
      expect((await image('save', '-o', out, '--platform', hostPlatform(), name)).exitCode).toBe(0)
      const { manifests } = JSON.parse(member(out, 'index.json')) as { manifests: { digest: string }[] }
      const index = JSON.parse(member(out, `blobs/${manifests[0]?.digest.replace(':', '/')}`)) as {
        manifests: { digest: string }[]
      }
      expect(index.manifests.map(({ digest }) => digest)).toEqual([both.platforms[0]?.manifest])
      // Without a platform all of them are pulled, and then all can be saved.
      await image('pull', '--scheme', 'http', name)
      expect((await inspect(name))?.variants).toHaveLength(2)
      expect((await image('save', '-o', join(lab.root, 'all.tar'), name)).exitCode).toBe(0)
    } finally {
      await registry.close()
    }
  })

  it('drops the tag of a reference with a digest, so that the tag alone does not find it', async () => {
    const registry = await serve('web', web)
    try {
      const name = `${registry.name}/web`
      const pinned = `${name}:1@${web.descriptor.digest}`
      expect((await image('pull', '--scheme', 'http', pinned)).exitCode).toBe(0)
      expect((await image('list', '--quiet')).stdout).toBe(`${name}@${web.descriptor.digest}\n`)
      expect((await image('inspect', pinned)).exitCode).toBe(0)
      expect((await image('inspect', `${name}:other@${web.descriptor.digest}`)).exitCode).toBe(0)
      expect((await image('inspect', `${name}:1`)).stderr).toBe(`Error: image not found: ${name}:1\n`)
    } finally {
      await registry.close()
    }
  })

  it('says what a registry said, and asks none over http unless told', async () => {
    const registry = await serve('web', web)
    try {
      const { stderr, exitCode } = await image('pull', '--scheme', 'http', `${registry.name}/none:1`)
      expect(stderr).toContain(`HTTP request to http://${registry.name}/v2/none/manifests/1 failed with response: 404`)
      expect(exitCode).toBe(1)
      expect((await image('pull', `${registry.name}/web:1`)).exitCode).toBe(1)
      expect((await image('pull', '--scheme', 'http', `${registry.name}/web:1`)).exitCode).toBe(0)
    } finally {
      await registry.close()
    }
  })

  it('tags, and deletes content with its last name', async () => {
    await load(ociArchive([web]))
    const all = await blobs()
    expect((await image('tag', 'web:1', 'example.com/its/web')).stdout).toBe('example.com/its/web\n')
    expect((await image('list', '--quiet')).stdout).toBe('web:1\nexample.com/its/web:latest\n')
    const first = await image('delete', 'web:1')
    expect(first.stdout).toBe('docker.io/library/web:1\n')
    expect(await blobs()).toEqual(all)
    expect((await image('delete', 'example.com/its/web')).stderr).toContain('Reclaimed ')
    expect(await blobs()).toEqual([])
    expect((await image('delete', 'web:1')).stderr).toContain('failed to delete one or more images: ["web:1"]')
    expect((await image('delete', '--force', 'web:1')).exitCode).toBe(0)
    expect((await image('tag', 'web:1', 'x')).stderr).toBe('Error: image with reference web:1\n')
    expect((await image('save', '-o', '/dev/null', 'web:1')).stderr).toContain('Error: failed to save image(s)')
  })

  it('gives a container what its image says, and its files', async () => {
    const own = makeImage({
      reference: 'docker.io/library/own:1',
      layers: [
        { 'srv/a': 'a', 'srv/b': 'b' },
        { 'srv/.wh.b': '', 'srv/c': 'c' },
      ],
      config: {
        Entrypoint: ['/usr/local/bin/entrypoint'],
        Cmd: ['/sbin/init'],
        Env: ['A=1'],
        WorkingDir: '/srv',
        StopSignal: 'SIGINT',
      },
    })
    await load(ociArchive([own]))
    expect((await lab.container(['create', '--name', 'one', '--env', 'B=2', 'own:1'])).exitCode).toBe(0)
    const [record] = JSON.parse((await lab.container(['inspect', 'one'])).stdout) as {
      configuration: { initProcess: object; stopSignal: string; image: { reference: string } }
    }[]
    expect(record?.configuration.initProcess).toMatchObject({
      executable: '/usr/local/bin/entrypoint',
      arguments: ['/sbin/init'],
      environment: ['A=1', 'B=2'],
      workingDirectory: '/srv',
    })
    expect(record?.configuration.stopSignal).toBe('SIGINT')
    await lab.container(['start', 'one'])
    expect((await lab.container(['exec', 'one', 'ls', '/srv'])).stdout).toBe('a\nc\n')
  })

  it('is not asked again by a container that was started, and is missed by one that never was', async () => {
    const lone = await makeLab()
    try {
      await lone.container(['create', '--name', 'one', defaultNodeImage])
      await lone.container(['create', '--name', 'two', defaultNodeImage])
      await lone.container(['start', 'one'])
      await lone.container(['stop', 'one'])
      expect((await lone.container(['image', 'delete', defaultNodeImage])).exitCode).toBe(0)
      expect((await lone.container(['start', 'one'])).exitCode).toBe(0)
      expect((await lone.container(['start', 'two'])).exitCode).toBe(1)
    } finally {
      await lone.remove()
    }
  })

  it('counts what is allocated in system df', async () => {
    const usage = async (): Promise<
      Record<string, { total: number; active: number; sizeInBytes: number; reclaimable: number }>
    > => JSON.parse((await lab.container(['system', 'df', '--format', 'json'])).stdout) as never
    expect((await usage())['images']).toEqual({ total: 0, active: 0, sizeInBytes: 0, reclaimable: 0 })
    const big = makeImage({
      reference: 'docker.io/library/big:1',
      layers: [{ big: randomBytes(300_000) }],
      config: { Entrypoint: ['/usr/local/bin/entrypoint'] },
    })
    await load(ociArchive([big]))
    const { images } = await usage()
    expect(images).toMatchObject({ total: 1, active: 0 })
    expect(images?.sizeInBytes).toBeGreaterThan(300_000)
    expect(images?.reclaimable).toBe(images?.sizeInBytes)
    await lab.container(['create', '--name', 'one', 'big:1'])
    expect((await usage())['images']).toMatchObject({ total: 1, active: 1, reclaimable: 0 })
    expect((await lab.container(['system', 'df'])).stdout).toMatch(
      /^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +1 /,
    )
  })
})
