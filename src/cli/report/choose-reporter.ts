import type { Host } from '../../host/host.ts'
import type { GlobalValues } from '../program.ts'
import { jsonLinesReporter } from './json-lines.ts'
import { plainReporter } from './plain.ts'
import type { Reporter } from './reporter.ts'

/** Pretty on a terminal that people look at, plain elsewhere; `--log-format` decides where it is given. */
export async function chooseReporter(
  { quiet, logFormat, verbosity }: GlobalValues,
  { env, terminal, clock }: Host,
  product: 'kina' | 'kind',
): Promise<Reporter> {
  if (quiet) return { report: () => undefined, close: () => undefined }
  if (logFormat === 'json') return jsonLinesReporter(terminal.writeStderr)
  const isForPeople = terminal.stderrIsTerminal && !env['CI'] && env['TERM'] !== 'dumb'
  if (logFormat === 'pretty' || (logFormat !== 'plain' && isForPeople)) {
    const { terminalReporter } = await import('./terminal.ts')
    return terminalReporter({
      write: terminal.writeStderr,
      columns: terminal.columns,
      isLive: isForPeople,
      colour: isForPeople && !env['NO_COLOR'],
      verbosity,
      now: clock.now,
      product,
    })
  }
  return plainReporter(terminal.writeStderr, { verbosity, product })
}
