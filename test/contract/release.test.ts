import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLab, type Lab } from '../support/cluster-fixture.ts'

/** Which release, macOS and kernel the run is about is said by the environment; each time the answers must be those of that one. */
describe('kina on the release of this run', () => {
  let lab: Lab
  let flags: readonly string[]
  beforeAll(async () => {
    lab = await makeLab()
    const created = await lab.kina(['create', 'cluster'])
    expect(`${created.exitCode} ${created.exitCode === 0 ? '' : created.stderr}`).toBe('0 ')
    flags = (await lab.calls()).find(([word]) => word === 'create') ?? []
  })
  afterAll(() => lab.remove())

  it('drives the one that was asked for', async () => {
    const wanted = process.env['LAB_VERSION'] ?? '1.2.2'
    const { stdout } = await lab.container(['--version'])
    expect(stdout).toContain(wanted === 'later' ? 'version 1.4.1 ' : `version ${wanted} `)
  })

  it('asks for an unprotected /proc/sys exactly where there is a flag for it', async () => {
    const { stdout } = await lab.container(['create', '--help'])
    const isKnown = stdout.includes('--read-only-path')
    expect(flags.includes('--read-only-path=NONE')).toBe(isKnown)
    expect(flags.includes('--masked-path=NONE')).toBe(isKnown)
  })

  it('gives nodes a /proc/sys that they can write to', async () => {
    const write = ['exec', 'kina-control-plane', '--', 'bash', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']
    expect((await lab.kina(write)).exitCode).toBe(0)
  })

  it('reads its addresses and states, running and stopped', async () => {
    const nodes = async (): Promise<unknown> => JSON.parse((await lab.kina(['get', 'nodes', '-o', 'json'])).stdout)
    const node = { name: 'kina-control-plane', role: 'control-plane' }
    expect(await nodes()).toMatchObject([{ ...node, state: 'running', address: '192.168.64.2' }])
    await lab.container(['stop', 'kina-control-plane'])
    expect(await nodes()).toMatchObject([{ ...node, state: 'stopped' }])
  })

  it('tells readers that its service is down', async () => {
    await lab.container(['system', 'stop'])
    const { exitCode, stderr } = await lab.kina(['get', 'clusters'])
    expect(stderr).toContain('the container service does not run')
    expect(exitCode).toBe(3)
    await lab.container(['system', 'start', '--enable-kernel-install'])
    expect((await lab.kina(['get', 'clusters'])).stdout).toBe('kina\n')
  })

  it('takes its words for a name that somebody else has', async () => {
    const { stdout } = await lab.container(['image', 'list', '--format', 'json'])
    const [image] = JSON.parse(stdout) as [{ configuration: { name: string } }]
    await lab.container(['create', '--name', 'other-control-plane', image.configuration.name])
    const { exitCode, stderr } = await lab.kina(['create', 'cluster', 'other'])
    expect(stderr).toContain('"other-control-plane" exists and is not part of it')
    expect(exitCode).toBe(4)
  })

  it('leaves nothing behind but what others made', async () => {
    expect((await lab.kina(['delete', 'clusters', '--all'])).exitCode).toBe(0)
    expect((await lab.container(['list', '--all', '--quiet'])).stdout).toBe('other-control-plane\n')
  })
})
