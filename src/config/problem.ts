import { KinaError } from '../errors.ts'

/** One thing that is wrong with what the user asked for. */
export interface Problem {
  /** Where it is: `cluster.yaml:7:5`, or the option; undefined where no single place is to blame. */
  readonly at?: string
  readonly message: string
}

/** All problems in one error, so that a file is mended in one go. */
export function invalidConfig(problems: readonly Problem[], hint: string): KinaError {
  const [only] = problems
  const lines = problems.map(({ at, message }) => (at === undefined ? message : `${at}: ${message}`))
  return problems.length === 1 && only
    ? new KinaError('invalid-config', `Cannot use this configuration: ${only.message}`, {
        seen: only.at === undefined ? [] : [`at ${only.at}`],
        hint,
      })
    : new KinaError('invalid-config', `Cannot use this configuration: it has ${problems.length} problems`, {
        seen: lines,
        hint,
      })
}

export function withPlace(at: string | undefined, message: string): Problem {
  return at === undefined ? { message } : { at, message }
}
