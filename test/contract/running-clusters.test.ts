import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

describe('clusters that run', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await makeLab()
    for (const name of ['one', 'two']) expect((await lab.kina(['create', 'cluster', name])).exitCode).toBe(0)
  })
  afterAll(() => lab.remove())

  it('run commands in their nodes, with stdin when asked, and give back their exit codes', async () => {
    expect((await lab.kina(['exec', 'one-control-plane', '--', 'bash', '-c', 'exit 7'])).exitCode).toBe(7)
    // In the process of the tests, stdin and stdout would be those of the tests.
    const cat = lab.start(['exec', '-i', 'one-control-plane', '--', 'cat'], { input: 'text' })
    expect((await cat.ended).stdout).toBe('text')
    const noStdin = lab.start(['exec', 'one-control-plane', '--', 'cat'], { input: 'text' })
    expect((await noStdin.ended).stdout).toBe('')
  })

  it('run nothing in a node that no cluster has, or without the terminal that was asked for', async () => {
    const missing = await lab.kina(['exec', 'three-worker', '--', 'true'])
    expect(missing.stderr).toContain('no cluster has a node of this name')
    expect(missing.stderr).toContain('node: two-control-plane')
    expect(missing.exitCode).toBe(4)
    const noTerminal = await lab.kina(['exec', '-it', 'one-control-plane', '--', 'bash'])
    expect(noTerminal.stderr).toContain('stdin is not a terminal')
    expect(noTerminal.exitCode).toBe(2)
  })

  it('are listed with their nodes, of one and of all', async () => {
    expect((await lab.kina(['get', 'nodes', 'one'])).stdout).toBe('one-control-plane\n')
    expect((await lab.kina(['get', 'nodes', '-A'])).stdout).toBe('one-control-plane\ntwo-control-plane\n')
    expect((await lab.kina(['get', 'nodes', '-A', '-o', 'table'])).stdout).toMatch(
      /^NAME +CLUSTER +ROLE +STATE +ADDRESS +IMAGE\none-control-plane +one +control-plane +running +192\.168\.64\.2 /,
    )
    const none = await lab.kina(['get', 'nodes', 'three'])
    expect([none.exitCode, none.stdout, none.stderr]).toEqual([0, '', 'No kina nodes found for cluster "three".\n'])
  })

  it('are entered into another kubeconfig, with the address that nodes use when asked', async () => {
    const file = join(lab.home, 'one.yaml')
    const exported = await lab.kina(['export', 'kubeconfig', '--name', 'one', '--internal', '--kubeconfig', file])
    expect(exported.stderr).toContain('Set kubectl context to "kina-one"')
    expect(await readFile(file, 'utf8')).toContain('server: https://one-control-plane:6443')
  })

  it("save their nodes' logs with kind's names", async () => {
    const { exitCode, stdout, stderr } = await lab.kina(['export', 'logs', 'saved', '--name', 'one'])
    expect([exitCode, stdout]).toEqual([0, `${join(lab.home, 'saved')}\n`])
    expect(stderr).toContain('Exporting logs for cluster "one" to:\n')
    const node = join(lab.home, 'saved/one-control-plane')
    expect((await readdir(node)).toSorted()).toEqual([
      'alternatives.log',
      'boot.log',
      'containerd.log',
      'images.log',
      'inspect.json',
      'journal.log',
      'kina',
      'kubelet.log',
      'kubernetes-version.txt',
      // All of the node's /var/log is there: this is what a simulated guest has logged.
      'lab',
      'pods',
      'serial.log',
    ])
    expect(await readFile(join(node, 'kubernetes-version.txt'), 'utf8')).toMatch(/^v1\.\d+\.\d+\n$/)
    expect(await readdir(join(node, 'kina'))).toEqual(['kubeadm-addons.log', 'kubeadm-init.log', 'manifests.log'])
    const own = await lab.kina(['export', 'logs', '--name', 'one'])
    expect(own.stdout).toMatch(new RegExp(`^${lab.home}/logs/\\S+-one-logs\\n$`))
    expect((await lab.kina(['export', 'logs', '--name', 'three'])).exitCode).toBe(4)
  })

  it('tell by their status that a node was stopped behind the back of kina, and then answer with the way out', async () => {
    await lab.container(['stop', 'two-control-plane'])
    const status = await lab.kina(['status', 'two', '-o', 'json'])
    expect(JSON.parse(status.stdout)).toMatchObject({ status: 'stopped', problems: ['two-control-plane is stopped'] })
    expect(status.exitCode).toBe(1)
    const stopped = await lab.kina(['get', 'kubeconfig', 'two'])
    expect(stopped.stderr).toContain('its control plane "two-control-plane" does not run')
    expect(stopped.exitCode).toBe(4)
    expect((await lab.kina(['get', 'nodes', 'two', '-o', 'table'])).stdout).toMatch(/stopped +docker\.io/)
    expect((await lab.kina(['get', 'nodes', 'two', '-o', 'json'])).stdout).not.toContain('"address"')
    const exec = await lab.kina(['exec', 'two-control-plane', '--', 'true'])
    expect(exec.stderr).toContain('it is stopped')
    expect(exec.exitCode).toBe(4)
  })

  it('save what can be had of a node that does not run, and say what cannot', async () => {
    const refused = [{ matches: ['inspect'], do: { fail: { message: 'internalError: "no"' } } }]
    const env = { LAB_FAULTS: JSON.stringify(refused) }
    const { exitCode, stderr } = await lab.kina(['export', 'logs', join(lab.home, 'stopped'), '--name', 'two'], { env })
    expect(stderr).toContain('No inspect.json of two-control-plane: Cannot inspect "two-control-plane"')
    expect(exitCode).toBe(0)
    expect((await readdir(join(lab.home, 'stopped/two-control-plane'))).toSorted()).toEqual(['boot.log', 'serial.log'])
    expect((await lab.kina(['export', 'logs', ''])).exitCode).toBe(2)
  })

  it('are deleted one by one: what fails does not keep the others', async () => {
    const refused = [{ matches: ['delete', 'one-control-plane'], do: { fail: { message: 'internalError: "no"' } } }]
    const env = { LAB_FAULTS: JSON.stringify(refused) }
    const failed = await lab.kina(['delete', 'clusters', 'one', 'gone', 'two'], { env })
    expect(failed.stderr).toContain('Deleted clusters: ["gone" "two"]')
    expect(failed.exitCode).toBe(1)
    expect((await lab.kina(['get', 'clusters'])).stdout).toBe('one\n')
    expect((await lab.kina(['delete', 'clusters', '--all'])).exitCode).toBe(0)
    expect((await lab.kina(['get', 'clusters'])).stderr).toBe('No kina clusters found.\n')
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('')
    expect((await lab.kina(['get', 'nodes', '-A'])).stderr).toBe('No kina nodes for any cluster.\n')
  })
})
