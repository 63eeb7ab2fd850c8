/** What a check of the repository is, and how one ends. `scripts/check.ts` lists them all. */

export interface Verdict {
  readonly passed: number
  readonly failed: number
  /** Shown always, one line. */
  readonly summary?: string
  /** Shown when something failed. */
  readonly output?: string
}

/** Thrown by a gate that cannot run on this machine; counts as failed in CI. */
export class CannotRun extends Error {}

export interface Gate {
  readonly name: string
  /** After so many seconds the gate is ended and has failed. */
  readonly seconds: number
  run(tools: Tools): Promise<Verdict>
}

export interface Tools {
  /** Runs a program to its end; stdout and stderr together. Ended, with all it started, when the gate's time is up. */
  command(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Lines of the output to show at once, for what takes long. */
  readonly shows?: RegExp
}

export interface CommandResult {
  readonly exitCode: number
  readonly output: string
}

/** A gate that passes when one command exits 0. */
export function commandGate(
  name: string,
  seconds: number,
  argv: readonly string[],
  options: CommandOptions = {},
): Gate {
  return {
    name,
    seconds,
    async run({ command }) {
      const { exitCode, output } = await command(argv, options)
      return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, output }
    },
  }
}
