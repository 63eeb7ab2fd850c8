/** `plan` is a small engine that knows nothing of Kubernetes: steps with needs, run side by side, reported as events. */

/** What a step returns when there was nothing to do. */
export interface Skipped {
  readonly skipped: string
}

export function skipped(reason: string): Skipped {
  return { skipped: reason }
}

/** One thing to do. Running it again changes nothing. */
export interface Step<Context> {
  /** Stable name for timings, JSON and tests: `boot-node dev-worker2`. */
  readonly id: string
  /** What a person reads while it runs. */
  readonly title: string
  /** Label for display and for the summary of times; several steps share one. */
  readonly phase: string
  /** Ids of the steps that must have ended before. */
  readonly needs: readonly string[]
  run(context: Context, signal: AbortSignal): Promise<void | Skipped>
}

export type Plan<Context> = readonly Step<Context>[]
