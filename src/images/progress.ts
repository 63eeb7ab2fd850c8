import type { Store } from './store/store.ts'

/** Between two reports, milliseconds. */
const every = 200

/** Reports how much of a piece of work is done, no more often than people can read. */
export function progressOf(
  { tell, clock }: Pick<Store, 'tell' | 'clock'>,
  what: string,
  total: number,
): { have(done: number): void } {
  let toldAt = -Infinity
  return {
    have(done) {
      if (done < total && clock.now() - toldAt < every) return
      toldAt = clock.now()
      tell({ kind: 'progress', what, done, total })
    },
  }
}
