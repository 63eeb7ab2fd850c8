import { plainLines, type LineOptions } from './lines.ts'
import { format, type Reporter } from './reporter.ts'

/** One line a step, for logs and pipes. */
export function plainReporter(write: (text: string) => void, options: LineOptions): Reporter {
  const lines = plainLines(options)
  return {
    report(event) {
      const line = format(lines, event)
      if (line !== undefined) write(`${line}\n`)
    },
    close: () => undefined,
  }
}
