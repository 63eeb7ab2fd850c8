import { describe, expect, it } from 'vitest'
import { skipped, type Step } from '../../../src/plan/plan.ts'
import { runPlan } from '../../../src/plan/run-plan.ts'
import { handMovedClock } from '../../support/hand-moved-clock.ts'
import { recordingReport } from '../../support/recording-report.ts'

interface Context {
  readonly log: string[]
}

function step(id: string, needs: readonly string[], run?: Step<Context>['run']): Step<Context> {
  return {
    id,
    title: id,
    phase: id[0] ?? '',
    needs,
    run:
      run ??
      (async ({ log }) => {
        log.push(`${id} begins`)
        await Promise.resolve()
        log.push(`${id} ends`)
      }),
  }
}

function options(signal = new AbortController().signal): Parameters<typeof runPlan>[2] & {
  readonly events: ReturnType<typeof recordingReport>['events']
} {
  const { report, events } = recordingReport()
  return { report, events, signal, now: handMovedClock().now }
}

describe('runPlan()', () => {
  it('starts a step when all its needs have ended', async () => {
    const log: string[] = []
    await runPlan([step('a', []), step('b', ['a']), step('c', ['a', 'b'])], { log }, options())
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  it('runs steps that do not need each other side by side', async () => {
    const log: string[] = []
    await runPlan([step('a', []), step('b', [])], { log }, options())
    expect(log.slice(0, 2)).toEqual(['a begins', 'b begins'])
  })

  it('throws the first error, starts nothing new and aborts what runs', async () => {
    const log: string[] = []
    const plan = [
      step('fails', [], () => Promise.reject(new Error('broken'))),
      step(
        'runs',
        [],
        (_, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
      step('after', ['fails']),
    ]
    const run = options()
    let thrown: unknown
    await runPlan(plan, { log }, run).catch((error: unknown) => {
      thrown = error
    })
    expect(thrown).toEqual(new Error('broken'))
    expect(log).toEqual([])
    const ends = run.events.flatMap((event) => (event.kind === 'step-ended' ? [`${event.step} ${event.outcome}`] : []))
    expect(ends).toEqual(['fails failed', 'runs interrupted'])
  })

  it('throws the reason of the signal when it is aborted', async () => {
    const abort = new AbortController()
    const plan = [
      step('a', [], (_, signal) => {
        abort.abort(new Error('interrupted'))
        signal.throwIfAborted()
        return Promise.resolve()
      }),
    ]
    let thrown: unknown
    await runPlan(plan, { log: [] }, options(abort.signal)).catch((error: unknown) => {
      thrown = error
    })
    expect(thrown).toEqual(new Error('interrupted'))
  })

  it('reports a step that had nothing to do with its reason', async () => {
    const run = options()
    await runPlan([step('a', [], () => Promise.resolve(skipped('present')))], { log: [] }, run)
    const [, ended] = run.events
    expect(ended).toEqual({
      kind: 'step-ended',
      step: 'a',
      title: 'a',
      phase: 'a',
      ms: 0,
      outcome: 'skipped',
      reason: 'present',
    })
  })

  it('times a phase from the start of its first step to the end of its last', async () => {
    const clock = handMovedClock()
    const takes = (ms: number) => () => clock.sleep(ms)
    const plan = [step('x1', [], takes(10)), step('y1', ['x1'], takes(5)), step('x2', ['y1'], takes(1))]
    const phases = await runPlan(plan, { log: [] }, { ...options(), now: clock.now })
    expect(phases).toEqual([
      { phase: 'x', ms: 16 },
      { phase: 'y', ms: 5 },
    ])
  })

  const wrongPlans: readonly [string, readonly Step<Context>[], string][] = [
    ['lists a step twice', [step('a', []), step('a', [])], 'twice'],
    ['needs a step that is not listed before', [step('a', ['b']), step('b', [])], 'not listed before'],
  ]
  for (const [what, plan, words] of wrongPlans) {
    it(`refuses a plan that ${what}`, async () => {
      let message = ''
      await runPlan(plan, { log: [] }, options()).catch((error: Error) => {
        message = error.message
      })
      expect(message).toContain(words)
    })
  }
})
