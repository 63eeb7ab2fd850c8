import type { Event, EventKind } from '../../plan/events.ts'

/** A reader of events. */
export interface Reporter {
  report(event: Event): void
  close(): void
}

export type EventOf<Kind extends EventKind> = Extract<Event, { readonly kind: Kind }>

/** One entry per kind of event: a new event does not compile until every format shows it, or says that it does not. */
export type Formatters = { readonly [Kind in EventKind]: (event: EventOf<Kind>) => string | undefined }

/** Calls the formatter that belongs to the event. */
export function format(formatters: Formatters, event: Event): string | undefined {
  return (formatters[event.kind] as (event: Event) => string | undefined)(event)
}
