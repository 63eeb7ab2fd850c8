import type { Kina } from '../cluster/kina.ts'
import { deadlines } from '../config/defaults.ts'
import { KinaError } from '../errors.ts'
import type { Host } from '../host/host.ts'
import { redact } from '../host/redact.ts'
import { timeoutScale } from '../host/timeout-scale.ts'
import type { Event, EventBody, Report } from '../plan/events.ts'
import { version } from '../version.ts'
import { commands } from './command-table.ts'
import { parseCommandLine, readGlobals } from './program.ts'
import { ignoredVariables } from './kind-environment.ts'
import { chooseReporter } from './report/choose-reporter.ts'
import { errorBody } from './report/error-body.ts'
import { calledBy, helpFor } from './run-quickly.ts'

/**
 * Words in, exit code out. Everything that is reported passes the redactor once, here.
 * @param signal aborts on the first Ctrl-C.
 */
export async function runCli(argv: readonly string[], host: Host, signal: AbortSignal): Promise<number> {
  const product = calledBy(host.platform.calledAs)
  const globals = readGlobals(argv)
  const reporter = await chooseReporter(globals, host, product)
  const run = host.clock.randomHex(6)
  const events: Event[] = []
  const report: Report = (body) => {
    const event = redacted({ ...body, at: host.clock.date().toISOString(), run })
    events.push(event)
    reporter.report(event)
  }
  const started = host.clock.now()
  let exitCode = 1
  let kindFailure: string | undefined
  try {
    host.onCommand = ({ argv: called, ms, exitCode: code }) =>
      report({ kind: 'command', argv: called, ms, exitCode: code })
    const invocation = parseCommandLine(argv, commands, product)
    const { command } = invocation
    if (globals.help) {
      const { helpTexts } = await import('./generated/help-texts.ts')
      host.terminal.writeStdout(helpFor(product, helpTexts[command.name.join(' ')] ?? ''))
      return 0
    }
    const name = command.name.join(' ')
    report({ kind: 'run-started', command: name, version })
    if (product === 'kind') {
      kindFailure = command.kindFailure
      for (const message of ignoredVariables(host.env, name)) report({ kind: 'warning', message })
    }
    const scale = timeoutScale(host.env)
    const kina: Kina = { host, report, signal, deadlines: deadlines(scale), timeoutScale: scale, run, version, product }
    exitCode = await command.run({
      kina,
      values: invocation.values as never,
      words: invocation.words,
      rest: invocation.rest,
      commands,
      events,
      quiet: globals.quiet,
      stdout: host.terminal.writeStdout,
    })
  } catch (error) {
    report(errorBody(error, signal, kindFailure))
    exitCode = product === 'kind' ? 1 : signal.aborted ? 130 : error instanceof KinaError ? error.exitCode : 1
  } finally {
    await host.processes.endAll()
  }
  const ms = host.clock.now() - started
  if (events.some(({ kind }) => kind === 'step-ended')) await keepTimingsOf(host, events, { ms, exitCode }, report)
  report({ kind: 'run-ended', ms, exitCode })
  reporter.close()
  return exitCode
}

/** For `kina timings`. What a run was for has ended by then: that its times cannot be kept is a warning. */
async function keepTimingsOf(
  host: Host,
  events: readonly Event[],
  end: { readonly ms: number; readonly exitCode: number },
  report: Report,
): Promise<void> {
  const { keepTimings, timingsOf } = await import('../cluster/timings.ts')
  const timings = timingsOf(events, end)
  try {
    if (timings) await keepTimings(host, timings)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    report({ kind: 'warning', message: `Cannot keep the times of this run for "kina timings": ${reason}` })
  }
}

/** A key may span several lines, so lines are looked at together. */
function redactedLines(lines: readonly string[]): readonly string[] {
  return redact(lines.join('\n')).split('\n').filter(Boolean)
}

/** The event with every text in it redacted, however deep. */
function redacted<Body extends EventBody & { at: string; run: string }>(event: Body): Event {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return redact(value)
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, its]) => [key, key === 'seen' ? redactedLines(its as string[]) : walk(its)]),
      )
    }
    return value
  }
  return walk(event) as Event
}
