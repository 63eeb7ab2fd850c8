import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepTimings, readTimings, timingsOf, type Timings } from '../../../src/cluster/timings.ts'
import { renderTimings } from '../../../src/cli/render/timings.ts'
import { createHost } from '../../../src/host/real-host.ts'
import type { Event, EventBody } from '../../../src/plan/events.ts'

const at = (ms: number): string => new Date(Date.UTC(2026, 0, 2, 3, 4, 5) + ms).toISOString()
const event = (ms: number, body: EventBody): Event => ({ ...body, at: at(ms), run: 'r1' }) as Event
const about = (step: string): { step: string; title: string; phase: string } => ({ step, title: step, phase: 'nodes' })

const events: readonly Event[] = [
  event(0, { kind: 'run-started', command: 'create cluster', version: '0.1.0' }),
  event(100, { kind: 'step-started', ...about('one') }),
  event(150, { kind: 'step-started', ...about('two') }),
  event(200, { kind: 'step-ended', ...about('two'), ms: 50.4, outcome: 'skipped', reason: 'present' }),
  event(250, { kind: 'command', argv: ['container', 'list'], ms: 3, exitCode: 0 }),
  event(400, { kind: 'step-ended', ...about('one'), ms: 300, outcome: 'done' }),
]

describe('timingsOf()', () => {
  it('lists the steps in the order in which they began', () => {
    expect(timingsOf(events, { ms: 1000.2, exitCode: 0 })).toEqual({
      run: 'r1',
      command: 'create cluster',
      version: '0.1.0',
      at: at(0),
      ms: 1000,
      exitCode: 0,
      commands: 1,
      steps: [
        { ...about('one'), from: 100, ms: 300, outcome: 'done' },
        { ...about('two'), from: 150, ms: 50, outcome: 'skipped', reason: 'present' },
      ],
    })
  })
  it('is nothing for a run without steps, or one that never began', () => {
    expect(timingsOf(events.slice(0, 1), { ms: 1, exitCode: 0 })).toBe(undefined)
    expect(timingsOf([], { ms: 1, exitCode: 0 })).toBe(undefined)
  })
  it('takes the end for the start of a step whose start is not known', () => {
    expect(timingsOf([...events.slice(0, 1), ...events.slice(3, 4)], { ms: 300, exitCode: 1 })?.steps[0]?.from).toBe(
      200,
    )
  })
})

describe('timings that are kept', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kina-timings-'))
  })
  afterEach(() => rm(folder, { recursive: true }))
  const host = (): ReturnType<typeof createHost> => createHost({ KINA_STATE_DIR: folder })
  const timings = (number: number): Timings => ({
    run: `r${number}`,
    command: 'create cluster',
    version: '0.1.0',
    at: at(number * 1000),
    ms: 1000,
    exitCode: 0,
    commands: 8,
    steps: [{ ...about('one'), from: 250, ms: 500, outcome: 'done' }],
  })

  it('are the last twenty, the newest first', async () => {
    for (let number = 1; number <= 23; number++) await keepTimings(host(), timings(number))
    expect((await readdir(join(folder, 'timings'))).length).toBe(20)
    expect((await readTimings(host(), 2)).map(({ run }) => run)).toEqual(['r23', 'r22'])
    expect((await readTimings(host(), 100)).at(-1)?.run).toBe('r4')
  })
  it('are none before the first run', async () => {
    expect(await readTimings(host(), 5)).toEqual([])
  })
  it('are passed over where the file holds something else', async () => {
    await keepTimings(host(), timings(1))
    await writeFile(join(folder, 'timings/2027-a.json'), '{"run": 7}')
    await writeFile(join(folder, 'timings/2027-b.json'), 'cut o')
    expect((await readTimings(host(), 5)).map(({ run }) => run)).toEqual(['r1'])
  })
  it('are shown with a bar for every step', async () => {
    const text = await renderTimings([timings(1), timings(2)], 'table')
    expect(text).toContain(
      'create cluster, run r1 at 2026-01-02T03:04:06.000Z: 1.0 s, exit code 0, 8 calls, kina 0.1.0',
    )
    expect(text).toContain(
      `0.3 s   0.5 s   nodes   one    done      ${'·'.repeat(10)}${'█'.repeat(20)}${'·'.repeat(10)}`,
    )
    const last = { ...timings(1), steps: [{ ...about('late'), from: 5000, ms: 1, outcome: 'done' as const }] }
    expect(await renderTimings([last], 'table')).toContain(`${'·'.repeat(39)}█\n`)
    expect(JSON.parse(await renderTimings([timings(1)], 'json'))).toEqual([timings(1)])
    expect(await renderTimings([timings(1), timings(2)], 'name')).toBe('r1\nr2\n')
  })
})
