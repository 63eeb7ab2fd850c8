import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { podman } from '../lab/podman/run.ts'
import { sweepDeadLabs } from '../lab/podman/sweep.ts'
import { makeRealLab, tracesOf } from '../support/real-lab.ts'

describe('labs with real nodes, side by side', () => {
  const labs: Awaited<ReturnType<typeof makeRealLab>>[] = []
  afterAll(async () => {
    for (const lab of labs) await lab.remove()
  })
  const networkOf = (subnet: string | undefined): string => `kina-lab-${subnet?.replaceAll('.', '-')}-1`

  it('have networks of their own, and leave none', async () => {
    const [one, two] = await Promise.all([makeRealLab(), makeRealLab()])
    labs.push(two)
    expect(one.env['LAB_SUBNET']).not.toBe(two.env['LAB_SUBNET'])
    await one.remove()
    const networks = (await podman('network', 'ls', '--format={{.Name}}')).split('\n')
    expect(networks).not.toContain(networkOf(one.env['LAB_SUBNET']))
    expect(networks).toContain(networkOf(two.env['LAB_SUBNET']))
  })

  it('whose owner was killed are swept, with all that ran; those of the living stay', async () => {
    // Another process makes a lab, boots a node in it, publishes a port, and is killed.
    const program = `
      const { makeRealLab } = await import(${JSON.stringify(resolve('test/support/real-lab.ts'))})
      const lab = await makeRealLab()
      const made = await lab.kina(['create', 'cluster', 'left', '--image', lab.nodeImage, '--wait', '0'])
      console.log(JSON.stringify({ root: lab.root, subnet: lab.env.LAB_SUBNET, stderr: made.stderr }))
      setInterval(() => undefined, 1000)
    `
    const other = spawn('node_modules/.bin/bun', ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void other.kill('SIGKILL'))
    const said = await new Promise<string>((done) => other.stdout.once('data', (text) => done(String(text))))
    const { root, subnet, stderr } = JSON.parse(said) as { root: string; subnet: string; stderr: string }
    expect(stderr).toContain('kubectl cluster-info --context kina-left')
    expect((await tracesOf(root)).length).toBeGreaterThan(2)
    expect(await sweepDeadLabs()).not.toContain(root)
    other.kill('SIGKILL')
    await new Promise((done) => other.once('close', done))
    expect(await sweepDeadLabs()).toContain(root)
    expect(await tracesOf(root)).toEqual([])
    expect(existsSync(root)).toBe(false)
    const networks = (await podman('network', 'ls', '--format={{.Name}}')).split('\n')
    expect(networks).not.toContain(networkOf(subnet))
    expect(existsSync(join(labs[0]?.root ?? '', 'owner.json'))).toBe(true)
  })
})
