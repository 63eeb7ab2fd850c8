import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import { makeLab, type Lab, type Outcome } from '../support/cluster-fixture.ts'
import { hostPlatform } from '../support/oci-images.ts'

/**
 * What changed from release to release of `container`, from the source of its tags and, for what came after 1.2.2, from its issues.
 * Each row says all of it again, so that the lab's own table is not asked about itself.
 */
interface Expected {
  readonly reports: string
  readonly kernelArg: boolean
  readonly pathFlags: boolean
  readonly schemeAuto: boolean
  readonly procSysIsReadOnly: boolean
  readonly longestName: number
  readonly badName: string
  readonly nameTaken: string
  /** Of cp, and of names behind an archive on stdout (apple/container#1801). */
  readonly copySays: boolean
  readonly namesInArchive: boolean
  readonly variant: boolean
  readonly escapedSlash: boolean
  readonly nestedStatus: boolean
  readonly server: string
  readonly startSpeaksOn: 'stdout' | 'stderr'
  readonly kernel: string
}

const sentence = (version: string, commit: string): string =>
  `container-apiserver version ${version} (build: release, commit: ${commit})`
const old = {
  kernelArg: false,
  pathFlags: false,
  schemeAuto: true,
  procSysIsReadOnly: false,
  longestName: 64,
  copySays: true,
  namesInArchive: false,
  badName: 'Error: invalid entity name x\n',
  nameTaken: 'Error: failed to create container (cause: "exists: "container already exists: taken"")\n',
  escapedSlash: true,
  nestedStatus: false,
  startSpeaksOn: 'stdout',
  kernel: '6.18.15',
} as const
const since120 = {
  ...old,
  kernelArg: true,
  procSysIsReadOnly: true,
  longestName: 63,
  badName: 'Error: container ID x is not a valid container ID\n',
  nameTaken: 'Error: container already exists: taken\n',
  variant: true,
  startSpeaksOn: 'stderr',
} as const
const expected: Readonly<Record<string, Expected>> = {
  '1.0.0': {
    ...old,
    reports: '1.0.0',
    variant: false,
    copySays: false,
    namesInArchive: true,
    server: sentence('1.0.0', 'ee848e3'),
  },
  '1.1.0': { ...old, reports: '1.1.0', variant: true, server: sentence('1.1.0', '5973b9c') },
  '1.2.0': { ...since120, reports: '1.2.0', server: sentence('1.2.0', '6e65319') },
  '1.2.1': { ...since120, pathFlags: true, reports: '1.2.1', server: sentence('1.2.1', '0d111be') },
  '1.2.2': { ...since120, pathFlags: true, reports: '1.2.2', server: sentence('1.2.2', '0190097') },
  'later': {
    ...since120,
    pathFlags: true,
    reports: '1.4.1',
    schemeAuto: false,
    escapedSlash: false,
    nestedStatus: true,
    server: '1.4.1',
    kernel: '6.18.35',
  },
}

for (const [release, its] of Object.entries(expected)) {
  describe(`the stand-in for container ${release}`, () => {
    let lab: Lab
    beforeAll(async () => {
      lab = await makeLab({ env: { LAB_VERSION: release, LAB_MACOS: '26' } })
      // With every capability, so that only the protection of paths can be what keeps /proc/sys from being written.
      const made = await container('create', '--name', 'taken', '--cap-add', 'ALL', defaultNodeImage)
      expect(made.stdout).toBe('taken\n')
      expect((await container('start', 'taken')).exitCode).toBe(0)
    })
    afterAll(() => lab.remove())
    const container = (...words: readonly string[]): Promise<Outcome> => lab.container(words)
    const create = (...options: readonly string[]): Promise<Outcome> =>
      container('create', ...options, defaultNodeImage)

    it('says its version, and the version of its service', async () => {
      expect((await container('--version')).stdout).toMatch(
        new RegExp(`^container CLI version ${its.reports} \\(build: release, commit: [0-9a-f]{7}\\)\n$`),
      )
      const { stdout } = await container('system', 'version', '--format', 'json')
      expect((JSON.parse(stdout) as { version: string }[]).map(({ version }) => version)).toEqual([
        its.reports,
        its.server,
      ])
    })

    it('has exactly the flags of its time for create, and shows them', async () => {
      const help = (await container('create', '--help')).stdout
      for (const [flag, isKnown] of [
        ['--kernel-arg', its.kernelArg],
        ['--masked-path', its.pathFlags],
        ['--read-only-path', its.pathFlags],
      ] as const) {
        expect(`${flag} ${help.includes(`${flag} <`)}`).toBe(`${flag} ${isKnown}`)
        const { exitCode, stderr } = await create(`${flag}=/x`, '--memory=1')
        expect(exitCode).toBe(isKnown ? 1 : 64)
        expect(stderr).toContain(
          isKnown ? 'minimum memory amount' : `Error: Unknown option '${flag}'\nUsage: container`,
        )
      }
    })

    it(`${its.schemeAuto ? 'takes' : 'refuses'} --scheme auto`, async () => {
      const { exitCode, stderr } = await create('--scheme=auto', '--memory=1')
      expect(stderr).toContain(its.schemeAuto ? 'minimum memory amount' : 'unsupported scheme auto')
      expect(exitCode).toBe(1)
      expect((await create('--scheme=https', '--memory=1')).stderr).toContain('minimum memory amount')
    })

    it('refuses bad, long and taken names in its own words', async () => {
      expect((await create('--name', 'x')).stderr).toBe(its.badName)
      expect((await create('--name', 'taken')).stderr).toBe(its.nameTaken)
      const longest = 'y'.repeat(its.longestName)
      expect((await create('--name', `${longest}y`)).exitCode).toBe(1)
      expect((await create('--name', longest)).stdout).toBe(`${longest}\n`)
      expect((await container('delete', longest)).exitCode).toBe(0)
    })

    it(`${its.copySays ? 'says' : 'does not say'} where it copied to, and saves an image ${its.namesInArchive ? 'with its name behind' : 'whole'}`, async () => {
      await writeFile(join(lab.home, 'file'), 'text')
      const copied = await container('cp', join(lab.home, 'file'), 'taken:/srv/file')
      expect([copied.exitCode, copied.stdout]).toEqual([0, its.copySays ? 'taken:/srv/file\n' : ''])
      const saved = await container('image', 'save', '--platform', hostPlatform(), defaultNodeImage)
      expect(saved.exitCode).toBe(0)
      expect(saved.stdout.endsWith(`${defaultNodeImage}\n`)).toBe(its.namesInArchive)
      expect(saved.stderr).toBe(its.namesInArchive ? '' : `${defaultNodeImage}\n`)
    })

    it(`${its.variant ? 'shows' : 'does not show'} the variant of a network, ${its.escapedSlash ? 'escapes' : 'leaves'} slashes`, async () => {
      const { stdout } = await container('list', '--format', 'json')
      expect(stdout.includes('"variant":"reserved"')).toBe(its.variant)
      expect(stdout.includes(String.raw`docker.io\/kindest`)).toBe(its.escapedSlash)
      expect(stdout.includes('docker.io/kindest')).toBe(!its.escapedSlash)
      const closed = await lab.container(['list', '--format', 'json'], { env: { LAB_MACOS: '15' } })
      expect(closed.stdout.includes('"variant":"allocationOnly"')).toBe(its.variant)
    })

    it('shows paths that are protected only where a flag set them', async () => {
      expect((await container('inspect', 'taken')).stdout).not.toMatch(/maskedPaths|readonlyPaths/)
      if (!its.pathFlags) return
      await create('--name=open', '--masked-path=NONE', '--read-only-path=NONE')
      const [{ configuration }] = JSON.parse((await container('inspect', 'open')).stdout) as [{ configuration: object }]
      expect(configuration).toMatchObject({ maskedPaths: [], readonlyPaths: [] })
      await container('delete', 'open')
    })

    it(`has a ${its.procSysIsReadOnly ? 'read-only' : 'writable'} /proc/sys without flags, and its kernel`, async () => {
      const write = await container('exec', 'taken', 'bash', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
      expect(write.exitCode !== 0).toBe(its.procSysIsReadOnly)
      expect((await container('exec', 'taken', 'uname', '-r')).stdout).toBe(`${its.kernel}\n`)
    })

    it('says how its service is, in its own form, before and after it is stopped', async () => {
      const status = async (): Promise<{ exitCode: number; fields: Record<string, unknown> }> => {
        const { exitCode, stdout } = await container('system', 'status', '--format', 'json')
        return { exitCode, fields: JSON.parse(stdout) as Record<string, unknown> }
      }
      const flat = 'apiServerAppName apiServerBuild apiServerCommit apiServerVersion appRoot installRoot status'
      const up = await status()
      expect(up).toMatchObject({ exitCode: 0, fields: { status: 'running' } })
      expect(Object.keys(up.fields).join(' ')).toBe(its.nestedStatus ? 'client paths server status' : flat)
      if (its.nestedStatus) expect(up.fields['server']).toMatchObject({ version: its.server })
      else expect(up.fields['apiServerVersion']).toBe(its.server)
      await container('system', 'stop')
      const down = await status()
      expect(down).toMatchObject({ exitCode: 1, fields: { status: 'unregistered' } })
      expect(Object.keys(down.fields).join(' ')).toBe(its.nestedStatus ? 'status' : flat)
      const started = await container('system', 'start', '--enable-kernel-install')
      const other = its.startSpeaksOn === 'stdout' ? 'stderr' : 'stdout'
      expect([started.exitCode, started[its.startSpeaksOn] !== '', started[other]]).toEqual([0, true, ''])
    })
  })
}

describe('the stand-in, upgraded', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeLab()
  })
  afterAll(() => lab.remove())
  const on = (release: string, words: readonly string[], env: Record<string, string> = {}): Promise<Outcome> =>
    lab.container(words, { env: { LAB_VERSION: release, ...env } })
  const versions = async (release: string): Promise<readonly string[]> =>
    (JSON.parse((await on(release, ['system', 'version', '--format', 'json'])).stdout) as { version: string }[]).map(
      ({ version }) => version,
    )

  it('keeps the service of before until it is restarted', async () => {
    await on('1.1.0', ['system', 'stop'])
    await on('1.1.0', ['system', 'start', '--enable-kernel-install'])
    expect(await versions('1.2.2')).toEqual(['1.2.2', sentence('1.1.0', '5973b9c')])
    await on('1.2.2', ['system', 'start', '--enable-kernel-install'])
    expect(await versions('1.2.2')).toEqual(['1.2.2', sentence('1.1.0', '5973b9c')])
    await on('1.2.2', ['system', 'stop'])
    await on('1.2.2', ['system', 'start', '--enable-kernel-install'])
    expect(await versions('1.2.2')).toEqual(['1.2.2', sentence('1.2.2', '0190097')])
  })

  it('keeps in a container the kernel of its first start', async () => {
    const kernel = async (): Promise<string> => (await on('1.2.2', ['exec', 'one', 'uname', '-r'])).stdout
    await on('1.2.2', ['create', '--name=one', defaultNodeImage])
    await on('1.2.2', ['start', 'one'], { LAB_KERNEL: '6.12.28' })
    expect(await kernel()).toBe('6.12.28\n')
    expect((await on('1.2.2', ['exec', 'one', 'nft', 'list', 'tables'])).exitCode).toBe(1)
    await on('1.2.2', ['stop', 'one'])
    await on('1.2.2', ['start', 'one'], { LAB_KERNEL: '6.18.15' })
    expect(await kernel()).toBe('6.12.28\n')
  })

  it('stands for nothing that it does not know', async () => {
    expect((await on('1.3.9', ['--version'])).exitCode).not.toBe(0)
    expect((await on('1.2.2', ['clean'])).stderr).toContain("Plugin 'container-clean' not found.")
    expect((await on('later', ['clean'])).stderr).toContain('lab: not emulated')
  })
})
