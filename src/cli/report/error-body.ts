import { helpFor, KinaError } from '../../errors.ts'
import type { EventBody } from '../../plan/events.ts'

/** What is reported of anything thrown. What is no KinaError is a bug of kina's, and is shown as one, with its stack. */
export function errorBody(error: unknown, { aborted }: AbortSignal, prefix?: string): EventBody {
  if (error instanceof KinaError) {
    return {
      kind: 'error',
      code: error.code,
      message: prefix === undefined ? error.message : `${prefix}: ${error.message}`,
      seen: [...error.seen, ...causesOf(error)],
      help: helpFor(error.code),
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    }
  }
  if (aborted) {
    return { kind: 'error', code: 'interrupted', message: 'Interrupted', seen: [], help: helpFor('interrupted') }
  }
  return {
    kind: 'error',
    code: 'bug',
    message: `kina has a bug: ${error instanceof Error ? error.message : String(error)}`,
    seen:
      error instanceof Error
        ? (error.stack ?? '')
            .split('\n')
            .slice(1, 12)
            .map((line) => line.trim())
        : [],
    help: helpFor('bug'),
    hint: 'Please report it with the command and these lines',
  }
}

function causesOf({ cause }: KinaError): readonly string[] {
  if (!(cause instanceof Error)) return []
  return [`because: ${cause.message}`, ...(cause instanceof KinaError ? [...cause.seen, ...causesOf(cause)] : [])]
}
