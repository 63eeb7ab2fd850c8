import { KinaError } from '../errors.ts'
import type { OpenChild } from '../host/host.ts'
import type { GuestProgram, GuestRequest, GuestResult, NodeSession } from './program.ts'
import agent from './session.sh' with { type: 'text' }
import { openSession, type ExplainEnd } from './session.ts'

/** The sessions of one run, one per node, opened on first use. */
export interface Sessions extends AsyncDisposable {
  /** Opens the session of a node; once more when it is lost as it begins. @throws KinaError `session-lost`, `timed-out`. */
  open(node: string, signal: AbortSignal): Promise<void>
  /** Ends the session of a node that is about to go; its name may come back with another one. */
  close(node: string): Promise<void>
  /**
   * Runs a program in a node. When the session is lost it is opened again once and the program is run again: every program may be.
   * @throws KinaError `session-lost`, `timed-out`.
   */
  run(node: string, program: GuestProgram, request: GuestRequest): Promise<GuestResult>
  /** As `run`, but a deadline that passes is an answer: exit code 124 and what was seen last on stderr. */
  runOrTimeOut(node: string, program: GuestProgram, request: GuestRequest): Promise<GuestResult>
}

export interface SessionsOptions {
  readonly helloWithin: number
  /** Milliseconds for the agent's answer behind the deadline of what it runs. */
  readonly answerMargin: number
  readonly explainEnd: ExplainEnd
  /** A new random word for each session. */
  readonly mark: () => string
}

export function openSessions(
  openExec: (node: string, argv: readonly string[]) => OpenChild,
  { helloWithin, answerMargin, explainEnd, mark }: SessionsOptions,
): Sessions {
  const current = new Map<string, Promise<NodeSession>>()
  const all: Promise<NodeSession>[] = []

  function sessionOf(node: string, signal: AbortSignal): Promise<NodeSession> {
    const known = current.get(node)
    if (known) return known
    const word = mark()
    // Without --norc a bash whose stdin is a socket takes its caller for sshd and reads ~/.bashrc.
    const argv = ['bash', '--norc', '-c', agent, 'kina-session', word]
    const session: Promise<NodeSession> = openSession(openExec(node, argv), {
      node,
      mark: word,
      helloWithin,
      signal,
      answerMargin,
      explainEnd,
      onLost: () => forget(),
    })
    // The first of several requests behind it opens the next one; the others find that, and must not put it aside.
    const forget = (): void => {
      if (current.get(node) === session) current.delete(node)
    }
    session.catch(forget)
    current.set(node, session)
    all.push(session)
    return session
  }

  /** Once more where the session was lost: a new one is opened. */
  async function persistently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!isLost(error) || signal.aborted) throw error
      return await work()
    }
  }

  async function run(node: string, program: GuestProgram, request: GuestRequest): Promise<GuestResult> {
    const signal = request.signal ?? new AbortController().signal
    return await persistently(signal, async () => (await sessionOf(node, signal)).run(program, request))
  }

  return {
    async open(node, signal) {
      await persistently(signal, () => sessionOf(node, signal))
    },
    async close(node) {
      const opening = current.get(node)
      current.delete(node)
      const session = await opening?.catch(() => undefined)
      await session?.[Symbol.asyncDispose]()
    },
    run,
    async runOrTimeOut(node, program, request) {
      try {
        return await run(node, program, request)
      } catch (error) {
        if (!(error instanceof KinaError) || error.code !== 'timed-out') throw error
        return { exitCode: 124, stdout: '', stderr: error.seen.join('\n') }
      }
    },
    async [Symbol.asyncDispose]() {
      current.clear()
      await Promise.all(
        all.splice(0).map(async (opening) => {
          const session = await opening.catch(() => undefined)
          await session?.[Symbol.asyncDispose]()
        }),
      )
    },
  }
}

function isLost(error: unknown): boolean {
  return error instanceof KinaError && error.code === 'session-lost'
}
