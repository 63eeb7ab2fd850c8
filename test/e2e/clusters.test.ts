import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

describe('real clusters beside each other, and what is left of them', () => {
  let lab: RealLab
  beforeAll(async () => {
    lab = await makeRealLab(103)
  })
  afterEach(async () => {
    expect((await lab.kina(['delete', 'clusters', '--all'])).exitCode).toBe(0)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    const traces = await tracesOf(lab.root)
    expect(traces).toEqual([])
  })
  afterAll(() => lab.remove())

  const create = (name: string, ...options: readonly string[]): ReturnType<RealLab['kina']> =>
    lab.kina(['create', 'cluster', name, '--image', lab.nodeImage, ...options])

  it('two at once, each with its own kubeconfig entry; a name only once; none twice with --if-not-exists', async () => {
    const [one, two] = await Promise.all([create('one'), create('two')])
    expect([one.exitCode, two.exitCode]).toEqual([0, 0])
    for (const name of ['one', 'two']) {
      expect(await lab.kubectl(['--context', `kina-${name}`, 'get', 'nodes', '--output=name'])).toBe(
        `node/${name}-control-plane\n`,
      )
    }
    const again = await create('one')
    expect(again.stderr).toContain('node(s) already exist for a cluster with the name "one"')
    expect(again.exitCode).toBe(4)
    const content = await create('one', '--if-not-exists')
    expect(content.stderr).toContain('Cluster "one" exists and runs')
    expect(content.exitCode).toBe(0)
  })

  it('one whose kubeadm fails: evidence says why, and it is undone', async () => {
    const input = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  evictionHard: {no.such.signal: 1%}
- |
  kind: InitConfiguration
  timeouts: {kubeletHealthCheck: 5s, controlPlaneComponentHealthCheck: 5s}
`
    const failed = await lab.kina(['create', 'cluster', 'bad', '--image', lab.nodeImage, '--config', '-'], { input })
    expect(failed.exitCode).toBe(1)
    const [, folder = ''] = /Evidence of the failure is in (\S+)/.exec(failed.stderr) ?? []
    const log = await lab.readFile(`${folder}/bad-control-plane.node.log`)
    expect(log).toContain('no.such.signal')
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
  })

  it('one whose create is killed at a random moment: delete leaves nothing', async () => {
    const seed = Math.floor(Math.random() * 12_000)
    console.log(`killed after ${seed} ms`)
    const running = lab.start(['create', 'cluster', 'killed', '--workers', '1', '--image', lab.nodeImage])
    await new Promise((done) => setTimeout(done, seed))
    running.child.kill('SIGKILL')
    await running.ended
  })
})
