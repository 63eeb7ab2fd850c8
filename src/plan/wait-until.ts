export interface WaitOptions {
  /** Milliseconds between the end of one question and the next. */
  readonly every: number
  /** Milliseconds for the whole wait. */
  readonly within: number
  readonly signal: AbortSignal
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** Called with each new reason why it still waits. */
  readonly onReason?: (reason: string) => void
}

/** What a question answers: undefined when it is so, else why it is not yet. */
export type Answer = string | undefined

/**
 * Asks until the answer is yes.
 * @returns undefined, or the last reason when the time ran out.
 */
export async function waitUntil(ask: (signal: AbortSignal) => Promise<Answer>, options: WaitOptions): Promise<Answer> {
  const end = options.now() + options.within
  let last: Answer
  for (;;) {
    options.signal.throwIfAborted()
    const reason = await ask(options.signal)
    if (reason === undefined) return undefined
    if (reason !== last) options.onReason?.(reason)
    last = reason
    if (options.now() + options.every >= end) return last
    await options.sleep(options.every, options.signal)
  }
}
