import type { EventBody, Report } from '../../src/plan/events.ts'

/** A report that keeps what it is told. */
export function recordingReport(): { readonly report: Report; readonly events: EventBody[] } {
  const events: EventBody[] = []
  return { report: (event) => void events.push(event), events }
}
