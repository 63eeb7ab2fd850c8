import type { Writable } from 'node:stream'
import type { Host, RunResult } from './host.ts'
import { open, stderrLimit } from './processes.ts'

/** What a program says that is fed is short: names of what it has taken. In characters. */
const stdoutLimit = 1024 * 1024

/**
 * Runs a program whose stdin is a stream of any length, in constant memory. Where the stream fails, the program is ended before
 * its stdin does, so that it never takes a part for the whole; then the stream's failure is thrown.
 */
export async function feed(
  argv: readonly string[],
  source: AsyncIterable<Uint8Array>,
  { within, signal }: { readonly within: number; readonly signal: AbortSignal },
  watchers: Pick<Host, 'env' | 'onCommand' | 'onChild'>,
): Promise<RunResult> {
  const started = performance.now()
  const child = open(argv, watchers)
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout = (said.stdout + text).slice(-stdoutLimit)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr = (said.stderr + text).slice(-stderrLimit)
  })
  const state: { ended: RunResult['ended']; isGone: boolean; failure?: { readonly error: unknown } } = {
    ended: 'exited',
    isGone: false,
  }
  const end = (why: RunResult['ended']): void => {
    if (state.ended === 'exited') state.ended = why
    void child.end()
  }
  const exited = child.exited.then((result) => {
    state.isGone = true
    // Who waits for room in its stdin is let go.
    child.stdin.destroy()
    return result
  })
  const write = async (): Promise<void> => {
    try {
      for await (const piece of source) {
        if (state.isGone || state.ended !== 'exited') return
        if (!child.stdin.write(piece)) await roomIn(child.stdin)
      }
      child.stdin.end()
    } catch (error) {
      if (state.isGone) return
      state.failure = { error }
      end('aborted')
    }
  }
  const timer = setTimeout(() => end('timed-out'), within)
  const onAbort = (): void => end('aborted')
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const [{ exitCode }] = await Promise.all([exited, write()])
    if (state.failure) throw state.failure.error
    const ms = performance.now() - started
    return { argv, exitCode, ...said, ms, ended: exitCode === -1 ? 'not-found' : state.ended }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

/** Resolves when there is room again, or when nobody reads any more. */
function roomIn(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const events = ['drain', 'error', 'close'] as const
    const done = (): void => {
      for (const event of events) stdin.off(event, done)
      resolve()
    }
    for (const event of events) stdin.on(event, done)
    if (stdin.destroyed) done()
  })
}
