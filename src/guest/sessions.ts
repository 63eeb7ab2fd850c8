import { KinaError } from '../errors.ts'
import type { OpenChild } from '../host/host.ts'
import type { GuestProgram, GuestRequest, GuestResult, NodeSession } from './program.ts'
import agent from './session.sh' with { type: 'text' }
import { openSession } from './session.ts'

/** The sessions of one run, one per node, opened on first use. */
export interface Sessions extends AsyncDisposable {
  open(node: string, signal: AbortSignal): Promise<void>
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
  /** A new random word for each session. */
  readonly mark: () => string
}

export function openSessions(
  openExec: (node: string, argv: readonly string[]) => OpenChild,
  { helloWithin, mark }: SessionsOptions,
): Sessions {
  const opened = new Map<string, Promise<NodeSession>>()

  function sessionOf(node: string, signal: AbortSignal): Promise<NodeSession> {
    let session = opened.get(node)
    if (!session) {
      const word = mark()
      session = openSession(openExec(node, ['bash', '-c', agent, 'kina-session', word]), {
        node,
        mark: word,
        helloWithin,
        signal,
      })
      opened.set(node, session)
      session.catch(() => opened.delete(node))
    }
    return session
  }

  async function run(node: string, program: GuestProgram, request: GuestRequest): Promise<GuestResult> {
    const signal = request.signal ?? new AbortController().signal
    try {
      return await (await sessionOf(node, signal)).run(program, request)
    } catch (error) {
      if (!isLost(error) || signal.aborted) throw error
      opened.delete(node)
      return await (await sessionOf(node, signal)).run(program, request)
    }
  }

  return {
    async open(node, signal) {
      await sessionOf(node, signal)
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
      const all = [...opened.values()]
      opened.clear()
      await Promise.all(
        all.map(async (opening) => {
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
