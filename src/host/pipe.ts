import type { Host, OpenChild, RunResult } from './host.ts'
import { open, stderrLimit } from './processes.ts'

interface Part {
  readonly argv: readonly string[]
  readonly child: OpenChild
  stderr: string
}

/** Two programs, the output of one into the other, in constant memory: the streams wait for each other. */
export async function pipe(
  from: readonly string[],
  into: readonly string[],
  { within, signal }: { readonly within: number; readonly signal: AbortSignal },
  watchers: Pick<Host, 'env' | 'onCommand' | 'onChild'>,
): Promise<RunResult> {
  const started = performance.now()
  const parts = [from, into].map((argv): Part => ({ argv, child: open(argv, watchers), stderr: '' })) as [Part, Part]
  const [source, sink] = parts
  let ended: RunResult['ended'] = 'exited'
  const end = (why: RunResult['ended']): void => {
    if (ended === 'exited') ended = why
    for (const { child } of parts) void child.end()
  }
  for (const part of parts) {
    part.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      part.stderr = (part.stderr + text).slice(-stderrLimit)
    })
  }
  source.child.stdin.end()
  sink.child.stdout.resume()
  source.child.stdout.pipe(sink.child.stdin)
  // One that could not be started says nothing, not even that it has ended.
  void source.child.exited.then(({ exitCode }) => (exitCode === -1 ? sink.child.stdin.end() : undefined))
  // A reader that ends early leaves the writer with nobody to write to.
  void sink.child.exited.then(() => source.child.stdout.destroy())
  const timer = setTimeout(() => end('timed-out'), within)
  const onAbort = (): void => end('aborted')
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const codes = await Promise.all(parts.map(({ child }) => child.exited))
    const failed = parts.find((_, index) => codes[index]?.exitCode !== 0) ?? source
    const exitCode = codes[parts.indexOf(failed)]?.exitCode ?? 0
    return {
      argv: failed.argv,
      exitCode,
      stdout: '',
      stderr: failed.stderr,
      ms: performance.now() - started,
      ended: ended === 'exited' && exitCode === -1 ? 'not-found' : ended,
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
