/** Every way in which kina can fail, and the exit code of each. The table is the documentation of exit codes. */
const exitCodes = {
  'usage': 2,
  'invalid-config': 2,
  'host-unsupported': 3,
  'container-missing': 3,
  'container-unsupported': 3,
  'service-down': 3,
  'kernel-unsupported': 3,
  'kubeconfig-unwritable': 3,
  'state-unwritable': 3,
  'cache-unusable': 3,
  'cluster-exists': 4,
  'cluster-missing': 4,
  'cluster-stopped': 4,
  'cluster-locked': 4,
  'name-taken': 4,
  'image-unavailable': 1,
  'disk-full': 1,
  'image-invalid': 1,
  'port-taken': 1,
  'node-boot-failed': 1,
  'node-command-failed': 1,
  'node-missing': 4,
  'session-lost': 1,
  'command-failed': 1,
  'unexpected-answer': 1,
  'timed-out': 5,
  'service-hung': 5,
  'interrupted': 130,
} as const

export type ErrorCode = keyof typeof exitCodes

export const errorCodes = Object.keys(exitCodes) as readonly ErrorCode[]

/** The exit code that belongs to an error code, under kina's own name. */
export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[code]
}

/** Where the page of an error code is; every code has one, which a test keeps. */
const helpPages = 'https://kina.dev/docs/troubleshooting.md#'

/** The page that says what an error code means. @param code `bug` for what kina did not foresee. */
export function helpFor(code: ErrorCode | 'bug'): string {
  return helpPages + code
}

export interface ErrorDetails {
  /** What to do next, one sentence or command. */
  readonly hint?: string
  /** What was seen: last lines of stderr, a path, the argv as it could be pasted into a shell. */
  readonly seen?: readonly string[]
  readonly cause?: unknown
}

/** A failure that kina understands: what was tried (the message), what was seen, what to do next. Anything else thrown is a bug. */
export class KinaError extends Error {
  override readonly name = 'KinaError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly seen: readonly string[]

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.seen = details.seen ?? []
  }

  get exitCode(): number {
    return exitCodes[this.code]
  }
}
