import type { Reporter } from './reporter.ts'

/** Every event as one line of JSON; the schema is in docs/events.schema.json. */
export function jsonLinesReporter(write: (text: string) => void): Reporter {
  return { report: (event) => write(`${JSON.stringify(event)}\n`), close: () => undefined }
}
