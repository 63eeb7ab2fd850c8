import type { KinaError } from '../errors.ts'
import type { RunResult } from '../host/host.ts'

/** One thing asked of `container`: how to ask, how long it may take, how to read the answer. Data, so that tests need no program. */
export interface Operation<T> {
  /** Words after the program's name. */
  readonly argv: readonly string[]
  /** Added to the program's environment, for values that must not be on its command line. */
  readonly env?: Readonly<Record<string, string>>
  /** What it is for, as in "Cannot <does>". */
  readonly does: string
  /** Deadline in milliseconds, before `KINA_TIMEOUT_SCALE`. */
  readonly within: number
  /** @throws on an answer of another shape; the caller says which operation and version it was. */
  readonly parse: (stdout: string, exitCode?: number) => T
  /** Exit codes that are answers, not failures. */
  readonly alsoFine?: (result: RunResult) => boolean
  /** Failures that this operation is known to have for a moment (a busy Mac); it is asked once more. */
  readonly transient?: (error: KinaError) => boolean
}
