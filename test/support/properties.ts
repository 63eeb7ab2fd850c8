import process from 'node:process'
import * as fc from 'fast-check'

/** The same in every run; KINA_SEED gives others. A failure shows the seed and the smallest example. */
const seed = Number(process.env['KINA_SEED'] ?? 1)
fc.configureGlobal({ seed, numRuns: 300 })

export { fc }
