import { describe, expect, it } from 'vitest'
import { KinaError } from '../../../src/errors.ts'
import { openSessions, type Sessions } from '../../../src/guest/sessions.ts'
import { failureOf } from '../../support/failure-of.ts'
import { childOfStreams, settle, type ScriptedChild } from '../../support/child-of-streams.ts'

const program = { name: 'greet', text: 'echo hello' }
const calm = new AbortController().signal

interface Opened {
  readonly sessions: Sessions
  readonly children: ScriptedChild[]
}

/** Sessions whose agents say hello by themselves. */
function open({ hello = true, helloWithin = 5000 }: { hello?: boolean; helloWithin?: number } = {}): Opened {
  const children: ScriptedChild[] = []
  const sessions = openSessions(
    () => {
      const child = childOfStreams()
      children.push(child)
      if (hello) child.say(`m${children.length} hello 0 0 0 exited\n`)
      return child
    },
    { helloWithin, answerMargin: 0, explainEnd: () => undefined, mark: () => `m${children.length + 1}` },
  )
  return { sessions, children }
}

describe('a node session', () => {
  it('runs programs one after another through one child', async () => {
    const { sessions, children } = open()
    const first = sessions.run('a', program, { within: 1000, args: ['x'] })
    const second = sessions.run('a', program, { within: 1000 })
    await settle()
    expect(children.length).toBe(1)
    expect(children[0]?.written()).toBe('1 1.000 10 0 1\necho hellox')
    children[0]?.say('m1 1 0 3 0 exited\nhi\n')
    expect(await first).toEqual({ exitCode: 0, stdout: 'hi\n', stderr: '' })
    await settle()
    children[0]?.say('m1 2 3 0 4 exited\noops')
    expect(await second).toEqual({ exitCode: 3, stdout: '', stderr: 'oops' })
    await sessions[Symbol.asyncDispose]()
  })

  it('is opened again once when it is lost, and the program is run again', async () => {
    const { sessions, children } = open()
    const running = sessions.run('a', program, { within: 1000 })
    await settle()
    children[0]?.exit(137)
    await settle()
    expect(children.length).toBe(2)
    children[1]?.say('m2 1 0 0 0 exited\n')
    expect((await running).exitCode).toBe(0)
  })

  it('is opened again once when it is lost as it begins', async () => {
    const { sessions, children } = open({ hello: false })
    const opening = sessions.open('a', calm)
    children[0]?.exit(1)
    await settle()
    children[1]?.say('m2 hello 0 0 0 exited\n')
    await opening
    expect(children.length).toBe(2)
  })

  it('is opened again once for all requests that wait behind a lost one', async () => {
    const { sessions, children } = open()
    const running = [1, 2, 3].map(() => sessions.run('a', program, { within: 1000 }))
    await settle()
    children[0]?.exit(137)
    await settle()
    for (const number of [1, 2, 3]) {
      expect(children.length).toBe(2)
      children[1]?.say(`m2 ${number} 0 0 0 exited\n`)
      await settle()
    }
    expect((await Promise.all(running)).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0])
    expect(children.length).toBe(2)
    await sessions[Symbol.asyncDispose]()
  })

  it('says that a request did not arrive whole, and why, when its agent says so', async () => {
    const { sessions, children } = open()
    const failure = failureOf(sessions.run('a', program, { within: 1000 }))
    await settle()
    children[0]?.exit(74)
    await settle()
    children[1]?.complain('cannot read request 1 whole\n')
    await settle()
    children[1]?.exit(74)
    const { code, message, seen, hint } = await failure
    expect([code, message]).toEqual(['session-lost', 'Cannot go on in node "a": a request did not reach it whole'])
    expect(seen).toEqual(['cannot read request 1 whole'])
    expect(hint).toContain('df -h')
  })

  it('that does not answer in time is put aside: the next request opens another', async () => {
    const { sessions, children } = open()
    // Less than nothing, because the agent is given three seconds to end what it runs.
    const hanging = failureOf(sessions.run('a', program, { within: -3000 }))
    expect((await hanging).code).toBe('timed-out')
    expect(children[0]?.wasEnded()).toBe(true)
    const next = sessions.run('a', program, { within: 1000 })
    await settle()
    children[1]?.say('m2 1 0 0 0 exited\n')
    expect((await next).exitCode).toBe(0)
  })

  it('is lost for good when it is lost twice, with what the child said', async () => {
    const { sessions, children } = open()
    const failure = failureOf(sessions.run('a', program, { within: 1000 }))
    await settle()
    children[0]?.exit(1)
    await settle()
    children[1]?.complain('Error: container a is not running\n')
    await settle()
    children[1]?.exit(1)
    const { code, seen, message } = await failure
    expect(code).toBe('session-lost')
    expect(message).toContain('its session ended with exit code 1')
    expect(seen).toEqual(['Error: container a is not running'])
  })

  it('is lost when somebody else writes to its stdout, or answers another request', async () => {
    const garbage = open()
    const first = failureOf(garbage.sessions.run('a', program, { within: 1000 }))
    await settle()
    garbage.children[0]?.say('Welcome to Debian\n')
    await settle()
    garbage.children[1]?.say('Welcome to Debian\n')
    expect((await first).message).toContain('Not an answer of this session')
    const crossed = open()
    const second = failureOf(crossed.sessions.run('a', program, { within: 1000 }))
    await settle()
    crossed.children[0]?.say('m1 9 0 0 0 exited\n')
    await settle()
    crossed.children[1]?.say('m2 9 0 0 0 exited\n')
    expect((await second).message).toContain('answer 9 to request 1')
  })

  it('says when a program ran out of its time in the node; runOrTimeOut() takes that as an answer', async () => {
    const { sessions, children } = open()
    const strict = failureOf(sessions.run('a', program, { within: 2000 }))
    await settle()
    children[0]?.say('m1 1 124 0 12 timed-out\nstill waits\n')
    const { code, message, seen } = await strict
    expect([code, message, seen]).toEqual([
      'timed-out',
      'Cannot run greet in node "a": it took longer than 2 s',
      ['still waits'],
    ])
    const patient = sessions.runOrTimeOut('a', program, { within: 2000 })
    await settle()
    children[0]?.say('m1 2 124 0 12 timed-out\nstill waits\n')
    expect(await patient).toEqual({ exitCode: 124, stdout: '', stderr: 'still waits' })
    const lost = failureOf(
      sessions.runOrTimeOut('a', program, {
        within: 2000,
        signal: AbortSignal.abort(new KinaError('interrupted', 'Interrupted')),
      }),
    )
    expect((await lost).code).toBe('interrupted')
  })

  it('fails when nobody says hello in time, and is tried anew at the next request', async () => {
    const { sessions, children } = open({ hello: false, helloWithin: 1 })
    expect((await failureOf(sessions.open('a', calm))).message).toContain('no answer within 0 s')
    expect(children[0]?.wasEnded()).toBe(true)
    const again = sessions.open('a', calm)
    children[1]?.say('m2 hello 0 0 0 exited\n')
    await again
    expect(children.length).toBe(2)
  })

  it('ends the child when it is interrupted', async () => {
    const { sessions, children } = open()
    const abort = new AbortController()
    const failure = failureOf(sessions.run('a', program, { within: 1000, signal: abort.signal }))
    await settle()
    abort.abort(new KinaError('interrupted', 'Interrupted'))
    expect((await failure).code).toBe('interrupted')
    expect(children[0]?.wasEnded()).toBe(true)
    const other = open()
    const reasonless = new AbortController()
    const failed = other.sessions
      .run('a', program, { within: 1000, signal: reasonless.signal })
      .catch((error: unknown) => String(error))
    await settle()
    reasonless.abort('because')
    expect(await failed).toBe('Error: aborted')
  })
})
