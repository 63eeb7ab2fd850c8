import { execFileSync } from 'node:child_process'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { defaultMaskedPaths, defaultReadonlyPaths } from '../lab/protected-paths.ts'
import { makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'

/** Volumes, copies, use of resources and rights, as the source of `container` 1.2.2 has them. */
describe('the stand-in', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab()
  })
  afterEach(() => lab.remove())

  const container = (...words: readonly string[]): Promise<Outcome> => lab.container(words)
  const create = (...options: readonly string[]): Promise<Outcome> => container('create', ...options, defaultNodeImage)
  async function running(name: string, ...options: readonly string[]): Promise<void> {
    expect((await create('--name', name, ...options)).exitCode).toBe(0)
    expect((await container('start', name)).stderr).toBe('')
  }
  const inGuest = async (name: string, script: string): Promise<string> =>
    (await container('exec', name, 'bash', '-c', script)).stdout.trim()

  describe('keeps volumes', () => {
    interface Shown {
      readonly id: string
      readonly configuration: { readonly source: string; readonly sizeInBytes: number; readonly options: object }
    }
    const inspect = async (name: string): Promise<Shown | undefined> =>
      (JSON.parse((await container('volume', 'inspect', name)).stdout) as Shown[])[0]

    it('as files with an empty ext4, shown with their path', async () => {
      expect((await container('volume', 'create', 'data')).stdout).toBe('data\n')
      const { configuration } = (await inspect('data')) ?? {}
      expect(configuration).toMatchObject({
        name: 'data',
        driver: 'local',
        format: 'ext4',
        labels: {},
        options: {},
        sizeInBytes: 512 * 1024 ** 3,
      })
      const { size, blocks } = await stat(configuration?.source ?? '')
      expect(size).toBe(512 * 1024 ** 3)
      expect(blocks * 512).toBeLessThan(64 * 1024 ** 2)
      const features = execFileSync('dumpe2fs', ['-h', configuration?.source ?? ''], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
      expect(features).not.toContain('has_journal')
      await container('volume', 'create', '--opt', 'journal=ordered', '-s', '100m', '--label', 'a=b', 'small')
      const small = await inspect('small')
      expect(small?.configuration).toMatchObject({
        sizeInBytes: 100 * 1024 ** 2,
        options: { journal: 'ordered', size: '100m' },
        labels: { a: 'b' },
      })
      const journaled = execFileSync('dumpe2fs', ['-h', small?.configuration.source ?? ''], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
      expect(journaled).toContain('has_journal')
      expect((await container('volume', 'list', '--quiet')).stdout.trim().split('\n').toSorted()).toEqual([
        'data',
        'small',
      ])
      expect((await container('volume', 'list')).stdout).toMatch(/small +named +local +journal=ordered,size=100m\n/)
      expect((await container('volume', 'list', '--format', 'json')).stdout).toContain(
        String.raw`\/volumes\/data\/volume.img`,
      )
    })

    it('that hide what the image has, and keep what was written over stop, start and containers', async () => {
      await container('volume', 'create', '-s', '64m', 'data')
      await running('one', '--cap-add', 'ALL', '--volume', 'data:/kind')
      expect(await inGuest('one', 'ls /kind')).toBe('lost+found')
      await inGuest('one', 'echo kept >/kind/file')
      await container('stop', 'one')
      await container('start', 'one')
      expect(await inGuest('one', 'cat /kind/file')).toBe('kept')
      await container('delete', '--force', 'one')
      await running('two', '--volume', 'data:/data:ro')
      expect(await inGuest('two', 'cat /data/file; touch /data/x 2>&1')).toMatch(/^kept\n.*Read-only file system/)
      expect(await inGuest('two', 'cat /kind/version')).toBe('v1.37.0')
    })

    it('each for one running container', async () => {
      await running('one', '--volume', 'data:/data')
      await create('--name', 'two', '--volume', 'data:/data')
      expect((await container('start', 'two')).exitCode).toBe(1)
      const used = await container('volume', 'delete', 'data')
      expect(used.stderr).toContain(
        "volume 'data' is currently in use and cannot be accessed by another container, or deleted",
      )
      expect(used.stderr).toContain('Error: delete failed for one or more volumes: ["data"]')
      await container('delete', '--force', 'one', 'two')
      expect((await container('volume', 'delete', 'data')).stdout).toBe('data\n')
    })

    it('made on demand, with a word about it or without a name, and left when their container goes', async () => {
      const named = await create('--name', 'one', '--volume', 'data:/data', '--volume', '/anonymous')
      expect(named.stderr).toBe('named volume was automatically created: [volume: data]\n')
      await container('delete', 'one')
      const left = (await container('volume', 'list')).stdout
      expect(left).toMatch(/data +named/)
      expect(left).toMatch(/[0-9a-f-]{36} +anonymous/)
      expect((await container('volume', 'delete', '--all')).exitCode).toBe(0)
      expect((await container('volume', 'list', '--quiet')).stdout).toBe('')
    })

    for (const [words, message] of [
      [['create', 'a/b'], "invalid volume name 'a/b'"],
      [['create', '-s', '1k', 'x'], 'volume size too small: minimum 1MiB'],
      [['create', '--opt', 'journal=none', 'x'], "invalid journal mode 'none'"],
      [['inspect', 'gone'], 'volume not found: gone'],
      [['delete', 'gone'], 'failed to delete one or more volumes: ["gone"]'],
      [['create', '--size', '1g', 'x'], "Unknown option '--size'"],
    ] as const) {
      it(`and refuses volume ${words.join(' ')}`, async () => {
        const { exitCode, stdout, stderr } = await container('volume', ...words)
        expect(stderr).toContain(message)
        expect([stdout, exitCode === 0]).toEqual(['', false])
      })
    }
    it('and refuses a second one of a name', async () => {
      await container('volume', 'create', 'x')
      expect((await container('volume', 'create', 'x')).stderr).toBe("Error: volume 'x' already exists\n")
    })
  })

  describe('copies', () => {
    it('files and folders both ways, and says where', async () => {
      await running('one')
      const file = join(lab.home, 'program')
      await writeFile(file, 'text', { mode: 0o755 })
      expect((await container('cp', file, 'one:/srv/new/file')).stdout).toBe('one:/srv/new/file\n')
      expect(await inGuest('one', 'cat /srv/new/file; stat -c %a /srv/new/file')).toBe('text644')
      expect((await container('copy', file, 'one:/srv/')).stdout).toBe('one:/srv/program\n')
      await mkdir(join(lab.home, 'folder/inner'), { recursive: true })
      await writeFile(join(lab.home, 'folder/inner/a'), 'a')
      await container('cp', join(lab.home, 'folder'), 'one:/srv')
      expect(await inGuest('one', 'cat /srv/folder/inner/a')).toBe('a')
      expect((await container('cp', 'one:/srv/folder', join(lab.home, 'back'))).exitCode).toBe(0)
      expect(await readFile(join(lab.home, 'back/inner/a'), 'utf8')).toBe('a')
      await inGuest('one', 'ln -s /srv /var/link')
      await container('cp', 'one:/var/link/program', join(lab.home, 'out'))
      expect(await readFile(join(lab.home, 'out'), 'utf8')).toBe('text')
    })

    it('below what is mounted, so that a file for a volume is not seen in it', async () => {
      await running('one', '--volume', 'data:/data')
      const file = join(lab.home, 'file')
      await writeFile(file, 'text')
      expect((await container('cp', file, 'one:/data/file')).exitCode).toBe(0)
      expect(await inGuest('one', 'ls /data')).toBe('lost+found')
    })

    for (const [words, message] of [
      [['cp', 'one:/a', 'one:/b'], 'copying between containers is not supported'],
      [['cp', '/a', '/b'], 'one of source or destination must be a container reference'],
      [['cp', 'one:relative', '/b'], 'invalid path given: one:relative'],
      [['cp', '/no/such', 'one:/b'], 'source path does not exist: /no/such'],
      [['cp', 'gone:/a', '/tmp/b'], 'container gone not found'],
    ] as const) {
      it(`and refuses ${words.join(' ')}`, async () => {
        await running('one')
        const { exitCode, stderr } = await container(...words)
        expect(stderr).toContain(message)
        expect(exitCode).toBe(1)
      })
    }
    it('nothing of a container that is stopped', async () => {
      await create('--name', 'one')
      expect((await container('cp', '/etc/hosts', 'one:/b')).stderr).toBe('Error: container one is not running\n')
    })
  })

  it('shows what running containers use', async () => {
    await running('one')
    await create('--name', 'two')
    const { stdout } = await container('stats', '--no-stream', '--format', 'json')
    const all = JSON.parse(stdout) as Record<string, number | string>[]
    expect(all.map(({ id }) => id)).toEqual(['one'])
    expect(all[0]).toMatchObject({ memoryLimitBytes: 1024 ** 3 })
    for (const key of ['cpuUsageUsec', 'memoryUsageBytes', 'numProcesses'])
      expect(Number(all[0]?.[key])).toBeGreaterThanOrEqual(key === 'cpuUsageUsec' ? 0 : 1)
    expect((await container('stats', '--format', 'json', 'two')).stdout).toBe('[]\n')
    expect((await container('stats', '--format', 'json', 'gone')).stderr).toBe('Error: no such container: gone\n')
  })

  describe('gives a container the capabilities', () => {
    const set = async (name: string): Promise<string> =>
      (
        await inGuest(
          name,
          "sed -n 's/^CapBnd:\\s*0*//p' /proc/self/status; sed -n 's/^CapBnd:\\s*0*//p' /proc/1/status",
        )
      )
        .split('\n')
        .join(' ')

    it('of the list that all have, in execs as in the first process', async () => {
      await running('one')
      expect(await set('one')).toBe('a80425fb a80425fb')
    })
    it('that were asked for, less what was dropped', async () => {
      await running('one', '--cap-add', 'sys_time', '--cap-drop', 'CAP_MKNOD')
      expect(await set('one')).toBe('a20425fb a20425fb')
    })
    it('none, where all are dropped', async () => {
      await running('one', '--cap-drop', 'ALL', '--cap-add', 'chown')
      expect(await set('one')).toBe('1 1')
    })
    it('and refuses one that does not exist', async () => {
      expect((await create('--cap-add', 'FLY')).stderr).toBe('Error: invalid capability name FLY\n')
    })
  })

  it('hides paths and makes others read-only, as told', async () => {
    // What there is of the list depends on the kernel.
    const hidden = `for path in ${defaultMaskedPaths.join(' ')}; do
      if [ -d "$path" ]; then ls "$path"; elif [ -e "$path" ]; then stat -c %t:%T "$path"; fi
    done | sort -u`
    const readOnly = `for path in ${defaultReadonlyPaths.join(' ')}; do
      if [ -e "$path" ]; then awk -v path="$path" '$2 == path { print substr($4, 1, 2) }' /proc/mounts; fi
    done | sort -u`
    await running('one', '--cap-add', 'ALL')
    expect(await inGuest('one', hidden)).toBe('1:3')
    expect(await inGuest('one', readOnly)).toBe('ro')
    const words = ['--masked-path', 'NONE', '--masked-path', '/kind/version', '--masked-path', '/kind/manifests']
    await running('two', '--cap-add', 'ALL', ...words, '--read-only-path', 'NONE')
    expect(await inGuest('two', 'stat -c %t:%T /kind/version; ls /kind/manifests | wc -l')).toBe('1:3\n0')
    expect(await inGuest('two', readOnly)).toBe('')
    expect(await inGuest('two', hidden)).not.toBe('1:3')
  })

  it('gives the interface the MTU that was asked for', async () => {
    await running('one')
    await running('two', '--network', 'default,mtu=1500')
    expect(await inGuest('one', 'ip -o link show dev eth0')).toContain(' mtu 1280 ')
    expect(await inGuest('two', 'ip -o link show dev eth0')).toContain(' mtu 1500 ')
  })
})
