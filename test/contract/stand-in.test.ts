import { createServer } from 'node:net'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'

/**
 * Is the stand-in what `container` 1.2.2 is? The expected texts and codes are those of apple/container's source and of its users'
 * reports, not what kina happens to send.
 */
describe('the stand-in for container 1.2.2', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab({ env: { LAB_VERSION: '1.2.2', LAB_MACOS: '26' } })
  })
  afterEach(() => lab.remove())

  const container = (...words: readonly string[]): Promise<Outcome> => lab.container(words)
  const create = (...options: readonly string[]): Promise<Outcome> => container('create', ...options, defaultNodeImage)
  async function running(name = 'one', ...options: readonly string[]): Promise<void> {
    await create('--name', name, ...options)
    const { exitCode, stderr } = await container('start', name)
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  }
  interface Shown {
    readonly id: string
    readonly configuration: Readonly<Record<string, unknown>>
    readonly status: {
      readonly state: string
      readonly startedDate?: string
      readonly networks: readonly { readonly ipv4Address: string; readonly macAddress: string; readonly mtu: number }[]
    }
  }
  const shown = async (): Promise<readonly Shown[]> =>
    JSON.parse((await container('list', '--all', '--format', 'json')).stdout) as readonly Shown[]
  const networkOf = async (): Promise<Shown['status']['networks'][number] | undefined> =>
    (await shown())[0]?.status.networks[0]

  describe('reads its command line as swift-argument-parser does', () => {
    for (const [words, message] of [
      [['list', '--fast'], "Unknown option '--fast'"],
      [['list', '-x'], "Unknown option '-x'"],
      [['create', '--name'], "Missing value for '--name <name>'"],
      [['create', '--name', '--rm', 'image'], "Missing value for '--name <name>'"],
      [['create', '--rm=yes', 'image'], "The option '--rm' does not take any value, but 'yes' was specified."],
      [['start'], "Missing expected argument '<container-id>'"],
      [['start', 'a', 'b'], "Unexpected argument 'b'"],
      [['list', 'a', 'b'], "2 unexpected arguments: 'a', 'b'"],
      [['create', '--privileged', 'image'], "Unknown option '--privileged'"],
      [['create', '--hostname', 'h', 'image'], "Unknown option '--hostname'"],
      [['create', '--sysctl', 'a=b', 'image'], "Unknown option '--sysctl'"],
      [['create', '--ip', '192.168.64.9', 'image'], "Unknown option '--ip'"],
      [['delete', '--time', '3', 'a'], "Unknown option '--time'"],
    ] as const) {
      it(`${words.join(' ')}: ${message}`, async () => {
        const { exitCode, stdout, stderr } = await container(...words)
        expect(stderr).toContain(`Error: ${message}\nUsage: container ${words[0]}`)
        expect([exitCode, stdout]).toEqual([64, ''])
      })
    }

    it('gives what follows the first word of create and exec to the program', async () => {
      await create('--name', 'one')
      expect((await shown())[0]?.configuration['initProcess']).toMatchObject({
        executable: '/usr/local/bin/entrypoint',
        arguments: ['/sbin/init'],
      })
      await container('start', 'one')
      expect((await container('exec', 'one', 'echo', '--debug', '--', '-i')).stdout).toBe('--debug -- -i\n')
    })

    it('answers --version and create --help without the service', async () => {
      await container('system', 'stop')
      expect((await container('--version')).stdout).toMatch(
        /^container CLI version 1\.2\.2 \(build: release, commit: [0-9a-f]{7}\)\n$/,
      )
      const help = await container('create', '--help')
      expect([help.exitCode, help.stderr]).toEqual([0, ''])
      expect(help.stdout).toContain('--masked-path <masked-path>')
      expect(help.stdout).toContain('[,mtu=VALUE]')
    })
  })

  describe('has a service that may be down', () => {
    it('and then says so in two lines', async () => {
      await container('system', 'stop')
      const { exitCode, stderr } = await container('list', '--all')
      expect(stderr).toBe(
        'Error: internalError: "failed to list containers" (cause: "interrupted: "XPC connection error: Connection invalid"")\nEnsure container system service has been started with `container system start`.\n',
      )
      expect(exitCode).toBe(1)
    })
    it('and then takes a word that it does not know for a plugin', async () => {
      expect((await container('nonsense')).stderr).toContain("Plugin 'container-nonsense' not found.")
      await container('system', 'stop')
      const { exitCode, stderr } = await container('nonsense')
      expect(stderr).toContain('Plugins are unavailable.')
      expect(exitCode).toBe(64)
    })
    it('whose state and version can be asked for in any case', async () => {
      const versions = async (): Promise<readonly { appName: string; version: string }[]> =>
        JSON.parse((await container('system', 'version', '--format', 'json')).stdout) as []
      expect((await versions()).map(({ appName, version }) => `${appName}: ${version}`)).toEqual([
        'container: 1.2.2',
        'container-apiserver: container-apiserver version 1.2.2 (build: release, commit: 0190097)',
      ])
      expect((await container('system', 'status')).exitCode).toBe(0)
      await container('system', 'stop')
      expect((await versions()).map(({ appName }) => appName)).toEqual(['container'])
      expect((await container('system', 'status')).exitCode).toBe(1)
    })
    it('that asks on stdin for a kernel unless it was told', async () => {
      await container('system', 'stop')
      expect((await container('system', 'start')).exitCode).toBe(1)
      expect((await container('system', 'start', '--enable-kernel-install')).exitCode).toBe(0)
      expect((await container('list')).exitCode).toBe(0)
    })
    it('that forgets when containers were started', async () => {
      await running()
      expect((await shown())[0]?.status.startedDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      await container('system', 'stop')
      await container('system', 'start', '--enable-kernel-install')
      expect((await shown())[0]?.status).toEqual({ networks: [], state: 'stopped' })
    })
  })

  describe('prints', () => {
    it('ids and nothing else on stdout', async () => {
      expect((await create('--name', 'one')).stdout).toBe('one\n')
      expect((await container('start', 'one')).stdout).toBe('one\n')
      expect((await container('stop', 'one')).stdout).toBe('one\n')
      expect((await container('delete', 'one')).stdout).toBe('one\n')
    })
    it('lists as compact JSON with sorted keys and escaped slashes, inspect the same with spaces', async () => {
      await create('--name', 'one')
      const { stdout } = await container('list', '--all', '--format', 'json')
      expect(stdout).toContain(String.raw`"reference":"docker.io\/kindest\/node@sha256:`)
      const sorted = (value: unknown): unknown =>
        Array.isArray(value)
          ? value.map(sorted)
          : typeof value === 'object' && value !== null
            ? Object.fromEntries(
                Object.entries(value)
                  .toSorted(([a], [b]) => (a < b ? -1 : 1))
                  .map(([key, its]) => [key, sorted(its)]),
              )
            : value
      expect(JSON.stringify(sorted(JSON.parse(stdout)))).toBe(JSON.stringify(JSON.parse(stdout)))
      const inspected = await container('inspect', 'one')
      expect(inspected.stdout).toContain('\n    "configuration" : {')
      expect(JSON.parse(inspected.stdout)).toEqual(JSON.parse(stdout))
    })
    it('lists in no order', async () => {
      for (const name of ['aa', 'bb', 'cc', 'dd', 'ee']) await create('--name', name)
      const orders = new Set<string>()
      for (let time = 0; time < 12; time++) orders.add((await container('list', '--all', '--quiet')).stdout)
      expect(orders.size).toBeGreaterThan(1)
    })
  })

  describe('starts, stops and deletes', () => {
    it('a running container again, a stopped one again: both are fine', async () => {
      await running()
      expect((await container('start', 'one')).exitCode).toBe(0)
      expect((await container('stop', 'one')).exitCode).toBe(0)
      expect((await container('stop', 'one')).exitCode).toBe(0)
    })
    it('no running container without force', async () => {
      await running()
      const { exitCode, stderr } = await container('delete', 'one')
      expect(stderr).toContain('container one is running and can not be deleted')
      expect(exitCode).toBe(1)
      expect((await container('delete', '--force', 'one')).exitCode).toBe(0)
    })
    it('the others when one is missing, and fails', async () => {
      await create('--name', 'one')
      const { exitCode, stdout, stderr } = await container('delete', '--force', 'gone', 'one')
      expect([exitCode, stdout]).toEqual([1, 'one\n'])
      expect(stderr).toContain('container with ID gone not found')
      expect(await shown()).toEqual([])
    })
    it('no container twice', async () => {
      await create('--name', 'one')
      const { exitCode, stderr } = await create('--name', 'one')
      expect([exitCode, stderr]).toEqual([1, 'Error: container already exists: one\n'])
    })
  })

  describe('gives a running container', () => {
    it('the lowest address that was never used, another one at each start, a random MAC and a small MTU', async () => {
      await running()
      const first = await networkOf()
      expect([first?.ipv4Address, first?.mtu]).toEqual(['192.168.64.2/24', 1280])
      await container('stop', 'one')
      await container('start', 'one')
      const second = await networkOf()
      expect(second?.ipv4Address).toBe('192.168.64.3/24')
      expect(second?.macAddress).not.toBe(first?.macAddress)
    })
    it('the MTU that was asked for, and a subnet that the Mac may have chosen otherwise', async () => {
      const env = { LAB_SUBNET: '192.168.72' }
      const words = ['create', '--name', 'one', '--network', 'default,mtu=1500', defaultNodeImage]
      await lab.container(words, { env })
      await lab.container(['start', 'one'], { env })
      const { stdout } = await lab.container(['list', '--format', 'json'], { env })
      expect((JSON.parse(stdout) as Shown[])[0]?.status.networks[0]).toMatchObject({
        ipv4Address: '192.168.72.2/24',
        mtu: 1500,
      })
    })
    it('its own hosts file, written anew at each start', async () => {
      await running()
      const hosts = async (): Promise<string> => (await container('exec', 'one', 'cat', '/etc/hosts')).stdout
      expect(await hosts()).toContain('192.168.64.2 one')
      await container('exec', 'one', 'bash', '-c', 'echo 192.0.2.1 other >> /etc/hosts')
      expect(await hosts()).toContain('other')
      await container('stop', 'one')
      await container('start', 'one')
      expect(await hosts()).not.toContain('other')
      expect(await hosts()).toContain('192.168.64.3 one')
    })
    it('what it had on its disk', async () => {
      await running()
      await container('exec', 'one', 'bash', '-c', 'echo kept > /var/lib/kept')
      await container('stop', 'one')
      await container('start', 'one')
      expect((await container('exec', 'one', 'cat', '/var/lib/kept')).stdout).toBe('kept\n')
    })
    it('a writable /proc/sys only when it was asked for', async () => {
      const write = ['exec', 'one', 'bash', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']
      await running()
      expect((await container(...write)).exitCode).not.toBe(0)
      await container('delete', '--force', 'one')
      await running('one', '--cap-add', 'net_admin', '--masked-path', 'NONE', '--read-only-path', 'NONE')
      expect((await container(...write)).exitCode).toBe(0)
    })
  })

  describe('runs a program in a guest', () => {
    it('with its exit code, its stdout and its stderr', async () => {
      await running()
      expect(await container('exec', 'one', 'bash', '-c', 'echo out; echo err >&2; exit 7')).toEqual({
        exitCode: 7,
        stdout: 'out\n',
        stderr: 'err\n',
      })
    })
    it('with stdin only when asked', async () => {
      await running()
      expect((await lab.container(['exec', 'one', 'cat'], { input: 'text' })).stdout).toBe('')
      expect((await lab.container(['exec', '-i', 'one', 'cat'], { input: 'text' })).stdout).toBe('text')
    })
    it('whose variables come after those of the container, so that the first value counts', async () => {
      await running('one', '--env', 'KEY=container')
      const { stdout } = await container(
        'exec',
        '--env',
        'KEY=exec',
        '--env',
        'OTHER=exec',
        'one',
        'bash',
        '-c',
        'echo $KEY $OTHER',
      )
      expect(stdout).toBe('container exec\n')
    })
    it('that does not exist: exit 1 with the text of the guest agent', async () => {
      await running()
      const { exitCode, stderr } = await container('exec', 'one', 'no-such-program')
      expect(stderr).toMatch(
        /^Error: failed to start process [0-9A-Fa-f-]{36} in container one \(cause: .*failed to find target executable no-such-program/,
      )
      expect(exitCode).toBe(1)
    })
    it('not in a container that is stopped or missing', async () => {
      await create('--name', 'one')
      expect((await container('exec', 'one', 'true')).stderr).toBe('Error: container one is not running\n')
      expect((await container('exec', 'gone', 'true')).stderr).toBe('Error: get failed: container gone not found\n')
    })
  })

  describe('refuses to create', () => {
    for (const [options, message] of [
      [['--label', 'a=b=c'], 'invalid label format a=b=c'],
      [['--name', 'x'], 'container ID x is not a valid container ID'],
      [['--name', 'x'.repeat(64)], 'is not a valid container ID'],
      [['--name', '-x'], "Missing value for '--name <name>'"],
      [['--memory', '100m'], 'minimum memory amount allowed is 200 MiB'],
      [['--memory', '4096'], 'minimum memory amount allowed is 200 MiB'],
      [['--publish', '0:80'], 'invalid publish port: 0'],
      [['--publish', '80'], 'invalid publish value: 80'],
      [['--publish', '127.0.0.1:80:80', '--publish', '127.0.0.2:80:81'], 'publish port specs may not overlap'],
      [['--network', 'default,mtu=1000'], "invalid MTU value '1000'"],
      [['--network', 'other'], 'network other not found'],
      [['--volume', '/no/such/folder:/x'], "path '/no/such/folder' does not exist"],
      [['--volume', '/tmp:/a:ro:x'], 'invalid volume format'],
      [['--ulimit', 'files=1'], 'invalid ulimit: files=1'],
      [['--masked-path', 'relative'], 'masked path must be absolute: relative'],
      [['--platform', 'linux/s390x'], 's390x'],
    ] as const) {
      it(`with ${options.join(' ').slice(0, 60)}`, async () => {
        const { exitCode, stderr } = await create(...options)
        expect(stderr).toContain(message)
        expect([1, 64]).toContain(exitCode)
        expect(await shown()).toEqual([])
      })
    }
    it('two mappings of one host port, even with another protocol it allows', async () => {
      expect((await create('--name', 'one', '--publish', '53:53/tcp', '--publish', '53:53/udp')).exitCode).toBe(0)
    })
    it('on another network than the one of macOS 15', async () => {
      const { stderr } = await lab.container(['create', '--network', 'other', defaultNodeImage], {
        env: { LAB_MACOS: '15' },
      })
      expect(stderr).toContain('non-default network configuration requires macOS 26 or newer')
      expect((await lab.container(['network', 'list'], { env: { LAB_MACOS: '15' } })).exitCode).toBe(64)
    })
  })

  describe('publishes ports', () => {
    it('at start, and fails when one is taken', async () => {
      const server = createServer()
      await new Promise<void>((bound) => server.listen(0, '127.0.0.1', bound))
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      await create('--name', 'one', '--publish', `127.0.0.1:${port}:80`)
      const { exitCode, stderr } = await container('start', 'one')
      expect(stderr).toContain('Address already in use (errno: 48)')
      expect(exitCode).toBe(1)
      expect((await shown())[0]?.status.state).toBe('stopped')
      await new Promise((closed) => server.close(closed))
      expect((await container('start', 'one')).exitCode).toBe(0)
    })
  })

  describe('looks at a mounted folder again at start', () => {
    it('and names the one that is gone', async () => {
      const folder = join(lab.root, 'data')
      await mkdir(folder)
      await create('--name', 'one', '--volume', `${folder}:/data`)
      const { rm } = await import('node:fs/promises')
      await rm(folder, { recursive: true })
      expect((await container('start', 'one')).stderr).toContain(`mount source path '${folder}' does not exist`)
    })
  })

  describe('keeps logs', () => {
    it('of the console since the last start, of the boot since the first', async () => {
      await create('--name', 'one')
      expect((await container('logs', 'one')).exitCode).toBe(1)
      await container('start', 'one')
      const boots = async (): Promise<number> =>
        (await container('logs', '--boot', 'one')).stdout.split('\n').filter((line) => /boot|Linux/i.test(line)).length
      const once = await boots()
      expect(once).toBeGreaterThan(0)
      await container('stop', 'one')
      await container('start', 'one')
      expect(await boots()).toBe(once * 2)
    })
  })

  describe('has one lock for creates, boots, starts of execs and deletes', () => {
    it('so a slow boot delays what comes after it', async () => {
      await running('one')
      await create('--name', 'two')
      const faults = JSON.stringify([{ matches: ['start', 'two'], do: { slowMs: 700 } }])
      const began = performance.now()
      const boot = lab.container(['start', 'two'], { env: { LAB_FAULTS: faults } })
      // Only once the boot holds the lock is there something to wait for.
      await new Promise((done) => setTimeout(done, 300))
      await container('exec', 'one', 'true')
      expect(performance.now() - began).toBeGreaterThan(700)
      await boot
    })
    it('that a service which hangs never gives back until it is stopped', async () => {
      await running('one')
      const faults = JSON.stringify([{ matches: ['exec', 'one'], do: { hang: 'service' } }])
      const hanging = lab.container(['exec', 'one', 'true'], { env: { LAB_FAULTS: faults } })
      // The hanging call has to come first.
      await new Promise((done) => setTimeout(done, 500))
      const later = container('exec', 'one', 'true')
      let isAnswered = false
      void later.then(() => {
        isAnswered = true
      })
      await new Promise((done) => setTimeout(done, 500))
      expect(isAnswered).toBe(false)
      await container('system', 'stop')
      await Promise.all([hanging, later])
    })
    it('that is kept by what a killed caller had begun', async () => {
      const faults = JSON.stringify([{ matches: ['create'], do: { die: 'before', slowMs: 200 } }])
      const { exitCode } = await lab.container(['create', '--name', 'one', defaultNodeImage], {
        env: { LAB_FAULTS: faults },
      })
      expect(exitCode).toBe(137)
      expect((await container('system', 'df')).exitCode).toBe(0)
      expect((await shown()).map(({ id }) => id)).toEqual(['one'])
    })
  })

  it('says plainly what it does not stand for', async () => {
    for (const words of [
      ['run', defaultNodeImage],
      ['build', '.'],
      ['image', 'push', 'x'],
      ['volume', 'prune'],
    ]) {
      const { exitCode, stderr } = await container(...words)
      expect(stderr).toContain('lab: not emulated')
      expect(exitCode).toBe(70)
    }
  })
})
