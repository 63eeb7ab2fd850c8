/** All that kina reports. Terminal, plain lines, JSON lines and timings are readers of this union. */

export interface EventBodies {
  'run-started': { readonly command: string; readonly version: string }
  'run-ended': { readonly ms: number; readonly exitCode: number }
  'step-started': { readonly step: string; readonly title: string; readonly phase: string }
  'step-ended': {
    readonly step: string
    readonly title: string
    readonly phase: string
    readonly ms: number
    readonly outcome: 'done' | 'skipped' | 'failed' | 'interrupted'
    readonly reason?: string
  }
  'waiting': { readonly step: string; readonly reason: string }
  'command': { readonly argv: readonly string[]; readonly ms: number; readonly exitCode: number }
  'retry': { readonly what: string; readonly attempt: number; readonly afterMs: number; readonly reason: string }
  'progress': { readonly what: string; readonly done: number; readonly total: number }
  'warning': { readonly message: string; readonly hint?: string }
  'notice': { readonly message: string }
  'evidence-saved': { readonly folder: string }
  'cluster-ready': {
    readonly cluster: string
    readonly context: string
    readonly phases: readonly PhaseTime[]
    readonly kubeconfig?: string
  }
  'error': {
    readonly code: string
    readonly message: string
    readonly hint?: string
    readonly seen: readonly string[]
    /** Address of the page about the code. */
    readonly help: string
  }
}

export interface PhaseTime {
  readonly phase: string
  readonly ms: number
}

export type EventKind = keyof EventBodies

/** What a reporter receives: a body with its kind, the time (ISO 8601) and the id of the run. */
export type Event = {
  [Kind in EventKind]: { readonly kind: Kind; readonly at: string; readonly run: string } & EventBodies[Kind]
}[EventKind]

/** What kina's code hands over; time and run id are added on the way. */
export type EventBody = { [Kind in EventKind]: { readonly kind: Kind } & EventBodies[Kind] }[EventKind]

export type Report = (event: EventBody) => void
