/** A program that runs inside a node: the text of a file in `programs/`. Data reaches it as arguments or stdin, never by substitution. */
export interface GuestProgram {
  /** File name without `.sh`, for errors and timings. */
  readonly name: string
  readonly text: string
}

export interface GuestRequest {
  readonly args?: readonly string[]
  readonly stdin?: string | Uint8Array
  /** Deadline in the guest, milliseconds. */
  readonly within: number
  readonly signal?: AbortSignal
}

export interface GuestResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** One long-lived `container exec -i` into a node; requests run one after another. */
export interface NodeSession extends AsyncDisposable {
  readonly node: string
  /**
   * Runs a program to its end in the node, whatever its exit code.
   * @throws KinaError `session-lost` when the node or its session ended, `timed-out` when the deadline passed in the guest.
   */
  run(program: GuestProgram, request: GuestRequest): Promise<GuestResult>
}
