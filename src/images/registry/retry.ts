import type { Clock } from '../../host/host.ts'
import type { Tell } from '../tell.ts'

/** A failure that is known to pass. Everything else that is thrown is a verdict. */
export class Passing extends Error {
  override readonly name = 'Passing'
  /** What the other side asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** Bytes have come: the attempts begin to count anew. */
  readonly madeProgress: boolean

  constructor(
    message: string,
    details: { readonly retryAfterMs?: number | undefined; readonly madeProgress?: boolean } = {},
  ) {
    super(message)
    this.retryAfterMs = details.retryAfterMs
    this.madeProgress = details.madeProgress ?? false
  }
}

/** Attempts in a row that bring nothing. */
const mostAttempts = 6
const firstPauseMs = 500
const longestPauseMs = 15_000
/** More than this is not waited for: the user is told instead. */
const longestRetryAfterMs = 60_000

export interface RetryOptions {
  /** What is tried, as in "fetch sha256:…". */
  readonly what: string
  readonly tell: Tell
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  /** Multiplies the pauses that kina chooses, not those it is asked for. */
  readonly scale: number
  /** Attempts in a row that may bring nothing, where it is not worth the usual number. */
  readonly attempts?: number
}

/** Does the work until it succeeds, ends in a verdict, or has passed too often; then its last failure is thrown. */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      if (error.madeProgress) attempt = 1
      if (attempt >= (options.attempts ?? mostAttempts) || (error.retryAfterMs ?? 0) > longestRetryAfterMs) throw error
      const afterMs = error.retryAfterMs ?? Math.round(pauseBefore(attempt, Math.random()) * options.scale)
      options.tell({ kind: 'retry', what: options.what, attempt, afterMs, reason: error.message })
      await options.clock.sleep(afterMs, options.signal)
    }
  }
}

/** Twice as long each time, between half and all of it, so that those who failed together do not come back together. */
export function pauseBefore(attempt: number, random: number): number {
  return Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs) * (0.5 + random / 2)
}

/**
 * `Retry-After`: seconds or a date (RFC 9110, 10.2.3).
 * @returns milliseconds from now, undefined for what is neither.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime())
}
