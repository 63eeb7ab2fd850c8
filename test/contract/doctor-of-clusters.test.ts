import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { defaultNodeImage } from '../../src/config/node-images.ts'
import type { Lab } from '../support/cluster-fixture.ts'
import { doctor, makeDoctorLab, writeKubectl } from '../support/doctor-lab.ts'

const node = 'kina-control-plane'

describe('kina doctor, of a cluster that runs', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeDoctorLab()
    expect((await lab.kina(['create', 'cluster'])).exitCode).toBe(0)
  })
  afterAll(() => lab.remove())
  const inNode = async (script: string): Promise<void> => {
    expect((await lab.container(['exec', node, 'bash', '-c', script])).exitCode).toBe(0)
  }
  /** Breaks, looks, mends again. */
  async function broken(how: string, back: string): Promise<Awaited<ReturnType<typeof doctor>>> {
    await inNode(how)
    const seen = await doctor(lab)
    await inNode(back)
    return seen
  }

  it('finds nothing where nothing is wrong', async () => {
    expect(await doctor(lab)).toMatchObject({ exitCode: 0, found: [] })
  })

  it('kubectl-skew: finds a kubectl that is too old for the cluster', async () => {
    await writeKubectl(lab, 'v1.34.2')
    const seen = await doctor(lab)
    expect(seen.of('kubectl-skew')).toContain('kubectl is v1.34.2, cluster \\"kina\\" is v1.37.0')
    await writeKubectl(lab, 'v1.36.2')
    expect((await doctor(lab)).found).toEqual([])
  })

  it('nodes-answer: finds a node that says nothing', async () => {
    const faults = [
      { matches: ['exec', 'look-at-node'], do: { fail: { message: `container ${node} is not running` } } },
    ]
    const seen = await doctor(lab, { LAB_FAULTS: JSON.stringify(faults) })
    expect(seen.of('nodes-answer')).toContain(`${node} does not answer: Error: container ${node} is not running`)
    expect([seen.exitCode, seen.found]).toEqual([0, ['nodes-answer']])
  })

  it('nodes-ready and node-services: find a kubelet that does not run', async () => {
    const seen = await broken('systemctl stop kubelet', 'systemctl start kubelet')
    expect(seen.of('nodes-ready')).toContain(`${node} of cluster \\"kina\\" is NotReady`)
    expect(seen.of('node-services')).toContain(`kubelet does not run in ${node}`)
    expect(seen.found).toEqual(['nodes-ready', 'node-services'])
  })

  it('node-services: finds a containerd that does not run', async () => {
    const seen = await broken('systemctl stop containerd', 'systemctl start containerd')
    expect(seen.of('node-services')).toContain(`containerd does not run in ${node}`)
    expect(seen.found).toEqual(['node-services'])
  })

  it('node-clock: finds a clock that is off', async () => {
    const seen = await broken('echo -600 > /lab-clock', 'rm /lab-clock')
    expect(seen.of('node-clock')).toMatch(/the clock of kina-control-plane is (5[89]\d|60\d) s late/)
    expect(seen.found).toEqual(['node-clock'])
  })

  it('node-dns: finds a node that resolves nothing', async () => {
    const seen = await broken('echo down > /lab-dns', 'rm /lab-dns')
    expect(seen.of('node-dns')).toContain('cannot resolve registry.k8s.io')
    expect(seen.found).toEqual(['node-dns'])
  })

  it('node-offloads: finds segmentation that is offloaded', async () => {
    const seen = await broken('ethtool -K eth0 tso on gso on', 'ethtool -K eth0 tso off gso off')
    expect(seen.of('node-offloads')).toContain('ethtool -K eth0 tso off gso off')
    expect(seen.found).toEqual(['node-offloads'])
  })

  it('certificates: finds those that end soon', async () => {
    const path = join(lab.root, 'lab/guests', node, 'root/etc/kubernetes/admin.conf')
    const before = await readFile(path, 'utf8')
    const words = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=a -days 3'
    const short = execFileSync('openssl', ['req', ...words.split(' ')], { stdio: ['ignore', 'pipe', 'ignore'] })
    const config = parse(before) as { users: [{ user: Record<string, string> }] }
    config.users[0].user['client-certificate-data'] = short.toString('base64')
    await writeFile(path, stringify(config))
    const seen = await doctor(lab)
    await writeFile(path, before)
    expect(seen.of('certificates')).toMatch(/the certificates of cluster \\"kina\\" end on \d{4}-\d\d-\d\d/)
  })

  it('api-port: finds a port that leads nowhere, while the API server answers in its node', async () => {
    const state = JSON.parse(await readFile(join(lab.root, 'lab/containers', `${node}.json`), 'utf8')) as {
      proxies: { pid: number }[]
    }
    for (const { pid } of state.proxies) process.kill(pid, 'SIGKILL')
    const seen = await doctor(lab)
    expect(seen.of('api-port')).toMatch(/does not answer at https:\/\/127\.0\.0\.1:\d+/)
    expect(seen.found).toEqual(['api-port'])
  })

  it('api-server: finds one that does not answer at all', async () => {
    await inNode('kill "$(cat /run/lab/apiserver.pid)" && rm /run/lab/apiserver.ready')
    expect((await doctor(lab)).of('api-server')).toContain('the API server of cluster \\"kina\\" does not answer')
  })

  it('node-hosts: finds a node that was started without kina', async () => {
    await lab.container(['stop', node])
    await lab.container(['start', node])
    const seen = await doctor(lab)
    expect(seen.of('node-hosts')).toContain(`${node} was started without kina`)
    expect(seen.found).toContain('node-offloads')
  })

  it('nodes-run: finds stopped nodes, and --fix leaves them alone', async () => {
    await lab.container(['system', 'stop'])
    await lab.container(['system', 'start', '--enable-kernel-install'])
    const seen = await doctor(lab, {}, '--fix')
    expect(seen.of('nodes-run')).toContain(`of cluster \\"kina\\" ${node} do not run`)
    expect([seen.exitCode, seen.found, seen.mended]).toEqual([0, ['nodes-run'], []])
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe(`${node}\n`)
  })

  it('kubeconfig-contexts: finds the context of a cluster that is gone', async () => {
    await lab.container(['delete', '--force', node])
    const seen = await doctor(lab)
    expect(seen.of('kubeconfig-contexts')).toContain('has the context \\"kina-kina\\" of a cluster that is gone')
    expect(seen.found).toEqual(['kubeconfig-contexts'])
  })
})

describe('kina doctor, of what is left', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeDoctorLab()
  })
  afterEach(() => lab.remove())
  const ids = async (): Promise<string> => (await lab.container(['list', '--all', '--quiet'])).stdout

  it('leftovers and dead-locks: find what a killed create left, and --fix removes it and nothing else', async () => {
    expect((await lab.kina(['create', 'cluster', 'mine'])).exitCode).toBe(0)
    await lab.container(['create', '--name=other', defaultNodeImage])
    const faults = JSON.stringify([{ matches: ['exec', '-i', node], do: { endCaller: true } }])
    const killed = await lab.start(['create', 'cluster'], { env: { LAB_FAULTS: faults } }).ended
    expect(killed.exitCode).toBe(137)
    const seen = await doctor(lab)
    expect(seen.of('leftovers')).toContain(`the create of cluster \\"kina\\" did not come to its end; left: ${node}`)
    expect(seen.of('dead-locks')).toContain('the lock of cluster \\"kina\\"')
    expect([seen.exitCode, seen.found.slice(0, 2)]).toEqual([1, ['leftovers', 'dead-locks']])
    const fixed = await doctor(lab, {}, '--fix')
    expect(fixed.mended).toContain('Remove the unfinished cluster "kina"')
    expect([fixed.exitCode, fixed.found]).toEqual([0, []])
    expect((await ids()).split('\n').toSorted()).toEqual(['', 'mine-control-plane', 'other'])
    expect((await lab.kina(['status', 'mine'])).exitCode).toBe(0)
  })

  it('leftovers: find a node that never booted', async () => {
    const labels = ['--label=io.kina.cluster=half', '--label=io.kina.role=control-plane']
    await lab.container(['create', '--name=half-control-plane', ...labels, defaultNodeImage])
    const seen = await doctor(lab)
    expect([seen.exitCode, seen.found]).toEqual([0, ['leftovers', 'nodes-run']])
    const fixed = await doctor(lab, {}, '--fix')
    expect([fixed.found, fixed.mended]).toEqual([[], ['Remove the unfinished cluster "half"']])
    expect(await ids()).toBe('')
  })

  it('leftovers: are not what somebody is at work on', async () => {
    const creating = lab.start(['create', 'cluster'], { env: { LAB_KUBEADM_MS: '6000' } })
    await creating.saw(/Prepare kina-control-plane/)
    const seen = await doctor(lab, {}, '--fix')
    expect([seen.of('leftovers'), seen.of('dead-locks'), seen.mended]).toEqual(['', '', []])
    expect((await creating.ended).exitCode).toBe(0)
  })

  it('node-kernel and node-proc-sys: find nodes of another time', async () => {
    const labels = ['--label=io.kina.cluster=old', '--label=io.kina.role=control-plane']
    await lab.container(['create', '--name=old-control-plane', ...labels, defaultNodeImage])
    await lab.container(['start', 'old-control-plane'], { env: { LAB_KERNEL: '6.12.28' } })
    const seen = await doctor(lab)
    expect(seen.of('node-kernel')).toContain('the kernel of old-control-plane has no nf_tables')
    expect(seen.of('node-proc-sys')).toContain('/proc/sys is read-only in old-control-plane')
    expect(seen.found).toContain('leftovers')
    expect(seen.exitCode).toBe(0)
  })
})
