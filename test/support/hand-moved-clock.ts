/** A clock that stands still until it is moved; sleeping moves it. */
export function handMovedClock(): {
  readonly now: () => number
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly move: (ms: number) => void
} {
  let time = 0
  const move = (ms: number): void => {
    time += ms
  }
  return {
    now: () => time,
    move,
    sleep: (ms, signal) => {
      signal?.throwIfAborted()
      move(ms)
      return Promise.resolve()
    },
  }
}
