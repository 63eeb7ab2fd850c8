import process from 'node:process'
import * as fc from 'fast-check'

/** The same in every run; KINA_SEED gives others. A failure shows the seed and the smallest example. */
const seed = Number(process.env['KINA_SEED'] ?? 1)
fc.configureGlobal({ seed, ...runs(300) })

/** How many examples a property is tried with: few enough for every run, and so many times more with KINA_RUNS. */
export function runs(count: number): { readonly numRuns: number } {
  return { numRuns: count * Number(process.env['KINA_RUNS'] ?? 1) }
}

export { fc }
