import { KinaError } from '../errors.ts'
import type { OpenChild } from '../host/host.ts'
import { answerDecoder, encodeRequest, type AnswerFrame } from './frames.ts'
import type { GuestProgram, GuestRequest, GuestResult, NodeSession } from './program.ts'

export type ExplainEnd = (
  node: string,
  end: { readonly exitCode: number; readonly stderr: string },
) => KinaError | undefined

export interface SessionOptions {
  readonly node: string
  /** Random word that begins every answer. */
  readonly mark: string
  /** Milliseconds until the agent must have said hello. */
  readonly helloWithin: number
  /** Milliseconds for an answer behind the deadline of what the agent runs; then it is the session that hangs. */
  readonly answerMargin: number
  readonly signal: AbortSignal
  /** What the end of the child means where it is known; else the session is lost, and another may be opened. */
  readonly explainEnd: ExplainEnd
  /** Called once when the session is of no use any more, before its request fails. */
  readonly onLost: () => void
}

/** Between TERM and KILL of a request that is over its time, as session.sh has it. */
const graceMs = 3000

/** The agent's exit code for a request that it could not read whole; nothing of it was run. */
const cutShort = 74

/**
 * Speaks with the agent behind a child's streams, one request at a time.
 * @throws KinaError `session-lost`, `timed-out`.
 */
export async function openSession(child: OpenChild, options: SessionOptions): Promise<NodeSession> {
  const { node, mark } = options
  const whetherItRuns = `See whether the node runs: "container list --all", "container logs --boot ${node}"`
  const decoder = answerDecoder(mark)
  let lost: Error | undefined
  let stderr = ''
  let waiting: { resolve(answer: AnswerFrame): void; reject(error: Error): void } | undefined
  let queue: Promise<unknown> = Promise.resolve()
  let count = 0

  const lose = (reason: string, code: 'session-lost' | 'timed-out' = 'session-lost', hint = whetherItRuns): void => {
    const seen = stderr.trim().split('\n').filter(Boolean).slice(-5)
    loseWith(new KinaError(code, `Cannot go on in node "${node}": ${reason}`, { seen, hint }))
  }
  const loseWith = (error: KinaError): void => {
    if (!lost) {
      lost = error
      options.onLost()
    }
    waiting?.reject(lost)
    waiting = undefined
    void child.end()
  }
  child.stdout.on('data', (chunk: Uint8Array) => {
    try {
      for (const answer of decoder.push(chunk)) {
        waiting?.resolve(answer)
        waiting = undefined
      }
    } catch (error) {
      lose(error instanceof Error ? error.message : String(error))
    }
  })
  child.stderr.on('data', (chunk: Uint8Array) => {
    stderr = (stderr + new TextDecoder().decode(chunk)).slice(-4096)
  })
  void child.exited.then(({ exitCode }) => {
    const known = options.explainEnd(node, { exitCode, stderr })
    if (known) return loseWith(known)
    if (exitCode !== cutShort) return lose(`its session ended with exit code ${exitCode}`)
    lose(
      'a request did not reach it whole',
      'session-lost',
      `See whether its disk is full: "container exec ${node} df -h"`,
    )
  })

  async function answerWithin(ms: number, signal: AbortSignal | undefined, send?: Uint8Array): Promise<AnswerFrame> {
    if (lost) throw lost
    signal?.throwIfAborted()
    // An abort ends the session, not only the wait: what runs in the guest is ended by the agent's TERM.
    const onAbort = (): void => {
      waiting?.reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
      waiting = undefined
      lose('interrupted')
    }
    const timer = setTimeout(() => lose(`no answer within ${Math.round(ms / 1000)} s`, 'timed-out'), ms)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await new Promise<AnswerFrame>((resolve, reject) => {
        waiting = { resolve, reject }
        if (send) child.stdin.write(send)
      })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async function run(program: GuestProgram, request: GuestRequest): Promise<GuestResult> {
    const id = String(++count)
    const frame = encodeRequest({
      id,
      script: program.text,
      stdin: request.stdin ?? '',
      args: request.args ?? [],
      deadline: request.within,
    })
    const answer = await answerWithin(request.within + graceMs + options.answerMargin, request.signal, frame)
    if (answer.id !== id) {
      lose(`answer ${answer.id} to request ${id}`)
      throw lost
    }
    const text = new TextDecoder()
    const output = { stdout: text.decode(answer.stdout), stderr: text.decode(answer.stderr) }
    if (answer.ended === 'timed-out') {
      throw new KinaError(
        'timed-out',
        `Cannot run ${program.name} in node "${node}": it took longer than ${Math.round(request.within / 1000)} s`,
        {
          seen: output.stderr.trim().split('\n').slice(-20),
          hint: 'On a slow machine, multiply every deadline: KINA_TIMEOUT_SCALE=3',
        },
      )
    }
    return { exitCode: answer.exitCode, ...output }
  }

  await answerWithin(options.helloWithin, options.signal)
  return {
    node,
    run: (program, request) => {
      const result = queue.then(() => run(program, request))
      queue = result.catch(() => undefined)
      return result
    },
    async [Symbol.asyncDispose]() {
      // End of input ends the agent by itself; a node that hangs is not waited for.
      child.stdin.end()
      const timer = setTimeout(() => void child.end(0), 1000)
      await child.exited
      clearTimeout(timer)
    },
  }
}
