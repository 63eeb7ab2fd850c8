import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import type { Lab } from '../support/cluster-fixture.ts'
import { doctor, makeDoctorLab } from '../support/doctor-lab.ts'

const failing = (matches: readonly string[], message: string, code = 1): Record<string, string> => ({
  LAB_FAULTS: JSON.stringify([{ matches, times: 99, do: { fail: { message, code } } }]),
})

describe('kina doctor, of the machine', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeDoctorLab()
  })
  afterEach(() => lab.remove())

  it('finds nothing where nothing is wrong, says so in a table, and changes nothing', async () => {
    const { exitCode, found, outcome } = await doctor(lab)
    expect([exitCode, found]).toEqual([0, []])
    expect(outcome.stderr).toMatch(/\d+ checks, 0 problems, \d warnings/)
    const table = await lab.kina(['doctor'])
    expect(table.stdout).toMatch(/^CHECK +RESULT +SEEN +WHAT TO DO\n/)
    expect(table.stdout).toMatch(/\nservice-runs +ok +the container service runs\n/)
    const changing = ['create', 'start', 'stop', 'delete', 'exec']
    expect((await lab.calls()).filter(([word = '']) => changing.includes(word))).toEqual([])
  })

  /** Surroundings that one check alone has words for, and whether a create fails in them. */
  const surroundings: readonly (readonly [
    check: string,
    blocks: boolean,
    says: string,
    env: Record<string, string>,
  ])[] = [
    ['container-installed', true, 'no program \\"no-such\\"', { KINA_CONTAINER: 'no-such' }],
    [
      'container-native',
      true,
      'Rosetta',
      failing(['system', 'version'], 'container is currently running under Rosetta Translation', 64),
    ],
    ['container-release', true, 'container is 1.2.0: it makes /proc/sys read-only', { LAB_VERSION: '1.2.0' }],
    ['service-answers', true, 'internalError: \\"odd\\"', failing(['list', '--all'], 'internalError: "odd"')],
    [
      'network-answers',
      true,
      'XPC timeout',
      {
        ...failing(['network', 'list'], 'XPC timeout for request to com.apple.container.apiserver/networkList'),
        KINA_TIMEOUT_SCALE: '1.001',
      },
    ],
    ['network-between-nodes', false, 'macOS 15', { LAB_MACOS: '15' }],
    ['network-range', false, '10.96.5.0/24, a cluster uses 10.96.0.0/16', { LAB_SUBNET: '10.96.5' }],
    ['kernel-installed', true, 'no default kernel', { LAB_KERNEL: 'none' }],
    ['kernel-age', true, 'vmlinux-6.12.28-153', { LAB_KERNEL: '6.12.28' }],
    ['folders-writable', true, '/proc/no/locks cannot be written', { KINA_STATE_DIR: '/proc/no' }],
    ['cluster-name', true, "'Bad_Name' is not a valid cluster name", { KINA_CLUSTER_NAME: 'Bad_Name' }],
    ['timeout-scale', false, 'KINA_TIMEOUT_SCALE is 0.5', { KINA_TIMEOUT_SCALE: '0.5' }],
    ['proxies', false, 'https_proxy names a proxy on loopback', { https_proxy: 'http://me:word@127.0.0.1:3128' }],
    ['kubeconfig-writable', true, '/proc/no/such', { KUBECONFIG: '/proc/no/such' }],
  ]
  for (const [check, blocks, says, env] of surroundings) {
    it(`${check}: finds what is wrong`, async () => {
      const seen = await doctor(lab, env)
      expect(seen.of(check)).toContain(says)
      expect(seen.of(check)).toContain(`"blocks":${blocks}`)
      expect(seen.found).toContain(check)
      expect(seen.exitCode).toBe(blocks ? 1 : 0)
      expect(seen.outcome.stdout).not.toContain('me:word')
      // One node alone needs no network that is asked for.
      const workers = check === 'network-answers' ? ['--workers', '1'] : []
      const created = await lab.kina(['create', 'cluster', ...workers], { env })
      expect(created.exitCode === 0).toBe(!blocks)
    })
  }

  it('service-runs: finds a service that is down, which a create starts, and --fix starts it', async () => {
    await lab.container(['system', 'stop'])
    const seen = await doctor(lab)
    expect([seen.exitCode, seen.found]).toEqual([0, ['service-runs']])
    expect(seen.of('service-runs')).toContain('"canBeMended":true')
    expect(seen.resultOf('memory')).toBe('unknown')
    const fixed = await doctor(lab, {}, '--fix')
    expect([fixed.exitCode, fixed.found, fixed.mended]).toEqual([0, [], ['Start the container service']])
    expect((await lab.container(['system', 'status'])).exitCode).toBe(0)
  })

  it('service-runs: says what keeps it from being started', async () => {
    await lab.container(['system', 'stop'])
    const fixed = await doctor(lab, failing(['system', 'start'], 'internalError: "no kernel"'), '--fix')
    expect(fixed.mended).toEqual([
      'Tried to start the container service: Cannot start the container service: internalError: "no kernel"',
    ])
    expect(fixed.found).toEqual(['service-runs'])
  })

  it('service-release: finds a service of before the upgrade', async () => {
    const env = { LAB_VERSION: '1.1.0' }
    await lab.container(['system', 'stop'], { env })
    await lab.container(['system', 'start', '--enable-kernel-install'], { env })
    const seen = await doctor(lab)
    expect(seen.of('service-release')).toContain('its service still 1.1.0')
    expect([seen.exitCode, seen.found]).toEqual([1, ['service-release']])
  })

  it('service-lock: finds a service that hangs, and does not hang with it', async () => {
    const faults = JSON.stringify([{ matches: ['system', 'df'], do: { hang: 'service' } }])
    const seen = await doctor(lab, { LAB_FAULTS: faults, KINA_TIMEOUT_SCALE: '0.1' })
    expect(seen.of('service-lock')).toContain('no answer after')
    expect(seen.of('service-lock')).toContain("this stops everybody's containers")
    expect(seen.exitCode).toBe(1)
    await lab.container(['system', 'stop'])
  })

  it('memory: finds more promised than there is', async () => {
    await lab.container(['create', '--name=huge', '--memory=900g', defaultNodeImage])
    expect((await doctor(lab)).found).toEqual([])
    await lab.container(['start', 'huge'])
    const seen = await doctor(lab)
    expect(seen.of('memory')).toContain('1 running containers may use 900.0 GiB')
    expect([seen.exitCode, seen.found]).toEqual([0, ['memory']])
  })

  it('names-free: finds a container of somebody else in the way, and --fix does not touch it', async () => {
    await lab.container(['create', '--name=dev-control-plane', defaultNodeImage])
    expect((await doctor(lab)).found).toEqual([])
    const seen = await doctor(lab, { KINA_CLUSTER_NAME: 'dev' }, '--fix')
    expect(seen.of('names-free')).toContain("not kina's")
    expect([seen.exitCode, seen.found, seen.mended]).toEqual([1, ['names-free'], []])
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('dev-control-plane\n')
  })

  it('kubeconfig-lock: finds the lock that a program left', async () => {
    await mkdir(dirname(lab.kubeconfig), { recursive: true })
    await writeFile(`${lab.kubeconfig}.lock`, '')
    const seen = await doctor(lab)
    expect(seen.of('kubeconfig-lock')).toContain(`remove ${lab.kubeconfig}.lock`)
    expect([seen.exitCode, seen.found]).toEqual([1, ['kubeconfig-lock']])
  })

  it('kubectl-installed: finds that it is missing', async () => {
    const seen = await doctor(lab, { PATH: lab.home })
    expect(seen.found).toContain('kubectl-installed')
    expect(seen.of('kubectl-installed')).toContain('https://kubernetes.io')
  })

  it('prints names alone for scripts', async () => {
    await lab.container(['system', 'stop'])
    const { stdout } = await lab.kina(['doctor', '-o', 'name'])
    expect(stdout.split('\n')).toContain('service-runs')
    expect(stdout.split('\n')).not.toContain('container-installed')
  })
})

describe('kina doctor, of a full disk', () => {
  let folder = ''
  let lab: Lab
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kina-small-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder])
    lab = await makeDoctorLab({ below: folder })
  })
  afterEach(async () => {
    await lab.remove()
    execFileSync('umount', [folder])
    await rm(folder, { recursive: true })
  })

  it('disk-space and node-disk: find it, on the machine and in a node', async () => {
    const seen = await doctor(lab)
    expect(seen.of('disk-space')).toMatch(/"blocks":true,"evidence":"0\.\d GiB are free for /)
    expect(seen.exitCode).toBe(1)
    await lab.container(['create', '--name=full-worker', '--label=io.kina.cluster=full', defaultNodeImage])
    await lab.container(['start', 'full-worker'])
    expect((await doctor(lab)).found).not.toContain('node-disk')
    const fill = 'head -c 60M /dev/zero > /var/lib/zeros'
    await lab.container(['exec', 'full-worker', 'bash', '-c', fill])
    expect((await doctor(lab)).of('node-disk')).toMatch(/the disk of full-worker is 9\d % full/)
  })
})
