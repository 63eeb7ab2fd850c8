import { existsSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  clusterWhoseKubeletCannotStart,
  clusterWhoseWorkerNeverJoins,
  impatientCluster,
} from '../support/failing-clusters.ts'
import { randomFrom } from '../support/random.ts'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

describe('real faults', () => {
  let lab: RealLab
  beforeAll(async () => {
    lab = await makeRealLab()
  })
  /** No container, volume, mount, loop device, file, lock or kubeconfig, whatever has happened. */
  const expectNothingLeft = async (): Promise<void> => {
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    expect(await tracesOf(lab.root)).toEqual([])
    expect(readdirSync(`${lab.root}/lab/guests`)).toEqual([])
    expect(existsSync(lab.kubeconfig)).toBe(false)
    expect(existsSync(`${lab.kubeconfig}.lock`)).toBe(false)
    expect(readdirSync(`${lab.home}/state/locks`)).toEqual([])
  }
  const create = (name: string, input: string, ...options: readonly string[]): ReturnType<RealLab['kina']> =>
    lab.kina(['create', 'cluster', name, '--image', lab.nodeImage, '--config', '-', ...options], { input })
  const evidenceOf = ({ stderr }: { readonly stderr: string }): string =>
    /Evidence of the failure is in (\S+)/.exec(stderr)?.[1] ?? ''

  afterEach(async () => {
    expect((await lab.kina(['delete', 'clusters', '--all'])).exitCode).toBe(0)
    await expectNothingLeft()
  })
  afterAll(() => lab.remove())

  it('a kubelet that cannot start: the evidence says why, and the create is undone', async () => {
    const failed = await create('kubelet', clusterWhoseKubeletCannotStart)
    expect(failed.exitCode).toBe(1)
    expect(await lab.readFile(`${evidenceOf(failed)}/kubelet-control-plane.node.log`)).toContain('no.such.signal')
    await expectNothingLeft()
  })

  it('a containerd that dies and stays dead: the same', async () => {
    const running = lab.start(['create', 'cluster', 'dead', '--image', lab.nodeImage, '--config', '-'], {
      input: impatientCluster,
    })
    await running.saw(/Prepare dead-control-plane \(/)
    const words = ['systemctl', 'mask', '--now', '--runtime', 'containerd.service']
    expect((await lab.container(['exec', 'dead-control-plane', ...words])).exitCode).toBe(0)
    const failed = await running.ended
    expect(failed.exitCode).toBe(1)
    expect(await lab.readFile(`${evidenceOf(failed)}/dead-control-plane.node.log`)).toContain(
      'Stopped containerd.service',
    )
    await expectNothingLeft()
  })

  it('a node image that is not there in the wanted version: nothing is made', async () => {
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', 'none', '--image', 'kindest/node:v1.36.99'])
    expect(stderr).toContain('docker.io/kindest/node:v1.36.99')
    expect(stderr).toContain('Code: image-unavailable')
    expect(exitCode).toBe(1)
    await expectNothingLeft()
  })

  it('a worker that never joins: with --allow-degraded the rest is a cluster, and status says what is missing', async () => {
    const degraded = await create('lame', clusterWhoseWorkerNeverJoins, '--allow-degraded')
    expect(degraded.stderr).toContain('Go on without lame-worker')
    expect(degraded.exitCode).toBe(0)
    expect(await lab.kubectl(['get', 'nodes', '--output=name'])).toBe('node/lame-control-plane\n')
    const status = await lab.kina(['status', 'lame', '-o', 'json'])
    expect(JSON.parse(status.stdout)).toMatchObject({ status: 'degraded', problems: ['lame-worker is missing'] })
    expect(status.exitCode).toBe(1)
  })

  it('a service that hangs with its lock held: kina names what is left; after a restart delete leaves nothing', async () => {
    const faults = [{ matches: ['start', 'hung-worker'], do: { hang: 'service' } }]
    const hung = await lab.kina(['create', 'cluster', 'hung', '--workers', '1', '--image', lab.nodeImage], {
      env: { LAB_FAULTS: JSON.stringify(faults), KINA_TIMEOUT_SCALE: '0.5' },
    })
    expect(hung.stderr).toContain('left: hung-control-plane')
    expect(hung.stderr).toContain('left: hung-worker')
    expect(hung.stderr).toContain('"container system stop" and "container system start"')
    expect(hung.exitCode).toBe(5)
    await lab.container(['system', 'stop'])
    await lab.container(['system', 'start', '--enable-kernel-install'])
    expect((await lab.kina(['delete', 'cluster', 'hung'])).exitCode).toBe(0)
    await expectNothingLeft()
  })

  it('kina killed at ten random moments of a create of three nodes: delete leaves nothing', async () => {
    const seed = Number(process.env['KINA_SEED'] ?? 20_261_127)
    console.log(`KINA_SEED=${seed}`)
    const random = randomFrom(seed)
    for (let round = 1; round <= 10; round++) {
      // A moment is so many events after the beginning, and a while after that: it means the same on any machine.
      const events = 1 + random.below(45)
      const afterMs = random.below(2000)
      const words = ['create', 'cluster', 'killed', '--workers', '2', '--image', lab.nodeImage]
      const running = lab.start([...words, '--log-format', 'json'])
      // Fewer events than wanted: then it has ended, and delete has a whole cluster to remove.
      await running.saw(new RegExp(`^(?:.*\\n){${events}}`)).catch(() => undefined)
      await Promise.race([running.ended, new Promise((done) => setTimeout(done, afterMs))])
      running.child.kill('SIGKILL')
      const { exitCode } = await running.ended
      console.log(`${round}: killed ${afterMs} ms after event ${events}, exit code ${exitCode}`)
      const deleted = await lab.kina(['delete', 'cluster', 'killed'])
      expect(`${deleted.exitCode} ${deleted.exitCode === 0 ? '' : deleted.stderr}`).toBe('0 ')
      await expectNothingLeft()
    }
  })
})
