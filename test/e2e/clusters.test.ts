import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeRealLab, tracesOf, type RealLab } from '../support/real-lab.ts'

describe('real clusters beside each other, and what is left of them', () => {
  let lab: RealLab
  beforeAll(async () => {
    lab = await makeRealLab()
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

  it('a stopped one is not taken for half-made, also when the service has forgotten that it ever ran', async () => {
    expect((await create('kept')).exitCode).toBe(0)
    await lab.container(['system', 'stop'])
    await lab.container(['system', 'start', '--enable-kernel-install'])
    const { exitCode, stderr } = await create('kept', '--if-not-exists')
    expect(stderr).toContain('Cannot use cluster "kept": it is stopped')
    expect(exitCode).toBe(4)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('kept-control-plane\n')
  })
})
