/** What the program says when it fails, in the form of its release: `Error: message`, exit 1. */
export class Failure extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** A command line that was rejected: exit 64 with usage. */
export class UsageFailure extends Error {
  readonly command: string
  constructor(message: string, command: string) {
    super(message)
    this.command = command
  }
}

/** The service does not answer: two lines, the second constant. */
export function serviceDown(did: string): Failure {
  return new Failure(
    `internalError: "${did}" (cause: "interrupted: "XPC connection error: Connection invalid"")\nEnsure container system service has been started with \`container system start\`.`,
  )
}

export function wrapped(did: string, code: string, inner: string): string {
  return `internalError: "${did}" (cause: "${code}: "${inner}"")`
}
