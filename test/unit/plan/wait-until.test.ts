import { describe, expect, it } from 'vitest'
import { waitUntil } from '../../../src/plan/wait-until.ts'
import { handMovedClock } from '../../support/hand-moved-clock.ts'

describe('waitUntil()', () => {
  it('asks until the answer is yes and tells each new reason once', async () => {
    const answers = ['starting', 'starting', 'booting', undefined]
    const reasons: string[] = []
    const clock = handMovedClock()
    const result = await waitUntil(() => Promise.resolve(answers.shift()), {
      every: 100,
      within: 1000,
      signal: new AbortController().signal,
      onReason: (reason) => reasons.push(reason),
      ...clock,
    })
    expect(result).toBe(undefined)
    expect(reasons).toEqual(['starting', 'booting'])
    expect(clock.now()).toBe(300)
  })

  it('returns the last reason when the time runs out', async () => {
    const result = await waitUntil(() => Promise.resolve('still starting'), {
      every: 100,
      within: 1000,
      signal: new AbortController().signal,
      ...handMovedClock(),
    })
    expect(result).toBe('still starting')
  })

  it('stops when the signal is aborted', async () => {
    const abort = new AbortController()
    let thrown: unknown
    await waitUntil(
      () => {
        abort.abort(new Error('interrupted'))
        return Promise.resolve('not yet')
      },
      { every: 100, within: 1000, signal: abort.signal, ...handMovedClock() },
    ).catch((error: unknown) => {
      thrown = error
    })
    expect(thrown).toEqual(new Error('interrupted'))
  })
})
