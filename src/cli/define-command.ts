import type { Kina } from '../cluster/kina.ts'
import type { Event } from '../plan/events.ts'

/** An option of a command; its flag is the key of the table in kebab case. */
export interface Option {
  readonly short?: string
  /** Placeholder of the value. Without it the option is a switch. */
  readonly value?: string
  readonly help: string
  readonly choices?: readonly string[]
  readonly isInteger?: boolean
}

export type Options = Readonly<Record<string, Option>>

/** What a command is given for its table: the text for an option with a value, as it was written; true or false for a switch. */
type Values<Table extends Options> = {
  readonly [Key in keyof Table]: Table[Key] extends { readonly value: string } ? string | undefined : boolean
}

export interface Positional {
  readonly name: string
  readonly help: string
  readonly isRequired?: boolean
  /** What is said when a required one is missing, where kind has words of its own. */
  readonly missing?: string
  /** Any number of words. */
  readonly isList?: boolean
  /** kind's command of this name has no such word, so under kind's name it is refused. */
  readonly isKinaOnly?: boolean
  readonly choices?: readonly string[]
}

interface Call<Table extends Options> {
  readonly kina: Kina
  readonly values: Values<Table>
  /** Words that are neither part of the command's name nor options. */
  readonly words: readonly string[]
  /** What follows `--`. */
  readonly rest: readonly string[]
  /** `--quiet` was given. */
  readonly quiet: boolean
  /** Every command that there is. */
  readonly commands: readonly Command[]
  /** All that has been reported so far in this execution. */
  readonly events: readonly Event[]
  readonly stdout: (text: string) => void
}

export interface Command<Table extends Options = Options> {
  /** `['create', 'cluster']` */
  readonly name: readonly string[]
  /** Other words for the same; the first word alone where only this can be meant. */
  readonly aliases?: readonly (readonly string[])[]
  readonly summary: string
  /** More to know, paragraphs of the help text. */
  readonly details?: readonly string[]
  readonly positionals: readonly Positional[]
  /** What may follow `--`. */
  readonly rest?: Positional
  readonly options: Table
  readonly examples: readonly string[]
  /** What kind puts in front of the errors of this command, which tools look for under its name. */
  readonly kindFailure?: string
  /** @returns the exit code. */
  run(call: Call<Table>): Promise<number>
}

/** Keeps the types of a command's own table for its `run`, and gives back what the program works with. */
export function defineCommand<const Table extends Options>(command: Command<Table>): Command {
  return command as unknown as Command
}

/** `kubernetesVersion` -> `kubernetes-version` */
export function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
