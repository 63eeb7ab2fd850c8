import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventsOf, makeLab, type Lab } from '../support/cluster-fixture.ts'
import { callTable, kindsOf } from '../support/call-kinds.ts'

/** What needs nodes that reach each other: macOS 26. */
describe('kina create cluster of several nodes', () => {
  let lab: Lab
  beforeEach(async () => {
    lab = await makeLab()
  })
  afterEach(async () => {
    await lab.remove()
  })

  it('stays within its budget of calls: 12 for one node, 4 more for each further one', async () => {
    const counts: Record<string, readonly (readonly string[])[]> = {}
    for (const [name, workers] of [
      ['one', '0'],
      ['three', '2'],
    ] as const) {
      await lab.forgetCalls()
      const { exitCode, stderr } = await lab.kina(['create', 'cluster', name, '--workers', workers])
      expect(`${exitCode} ${exitCode === 0 ? '' : stderr}`).toBe('0 ')
      counts[name] = await lab.calls()
    }
    console.log(callTable({ 'one node': counts['one'] ?? [], 'three nodes': counts['three'] ?? [] }))
    expect(counts['one']?.length).toBeLessThanOrEqual(12)
    expect(counts['three']?.length).toBeLessThanOrEqual(20)
    expect(kindsOf(counts['three'] ?? []).get('create')).toBe(3)
    expect(kindsOf(counts['three'] ?? []).get('start')).toBe(3)
    // Never one inspect a node, never a run.
    expect(kindsOf(counts['three'] ?? []).get('inspect')).toBe(undefined)
    expect(kindsOf(counts['three'] ?? []).get('run')).toBe(undefined)
  })

  it('reports every step as a documented event, and the times of the phases', async () => {
    const created = await lab.kina(['create', 'cluster', '--workers', '1', '--log-format', 'json'])
    expect(created.exitCode).toBe(0)
    const events = eventsOf(created)
    expect(events.length).toBe(created.stderr.trim().split('\n').length)
    expect(events[0]?.kind).toBe('run-started')
    expect(events.at(-1)?.kind).toBe('run-ended')
    const ended = events.filter((event) => event.kind === 'step-ended').map(({ step }) => step)
    expect(ended).toContain('join-worker kina-worker')
    expect(ended.at(-1)).toBe('write-marker')
    const ready = events.find((event) => event.kind === 'cluster-ready')
    expect(ready?.phases.map(({ phase }) => phase)).toEqual([
      'node image',
      'nodes',
      'control plane',
      'workers',
      'finish',
      'ready',
    ])
  })

  it('lists in every form', async () => {
    await lab.kina(['create', 'cluster', 'a', '--workers', '1'])
    await lab.kina(['create', 'cluster', 'b'])
    expect((await lab.kina(['get', 'clusters', '-o', 'table'])).stdout).toBe(
      'NAME   NODES   RUNNING\na      2       2\nb      1       1\n',
    )
    expect((await lab.kina(['get', 'nodes', '-A'])).stdout).toBe('a-control-plane\na-worker\nb-control-plane\n')
    expect(JSON.parse((await lab.kina(['get', 'clusters', '-o', 'json'])).stdout)).toMatchObject([
      { name: 'a' },
      { name: 'b' },
    ])
    expect((await lab.kina(['get', 'nodes', 'b', '-o', 'yaml'])).stdout).toContain('name: b-control-plane')
    expect((await lab.kina(['get', 'nodes', 'c'])).stderr).toContain('No kina nodes found for cluster "c".')
    const gone = await lab.kina(['delete', 'clusters', '--all'])
    expect(gone.stderr).toContain('Deleted clusters: ["a" "b"]')
    expect((await lab.kina(['get', 'clusters'])).stdout).toBe('')
  })
})
