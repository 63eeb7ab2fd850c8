import { UsageFailure } from './failure.ts'

/** How the options of a command are spelled. */
export interface Flag {
  readonly long?: string
  readonly short?: string
  /** Takes a value. */
  readonly value?: boolean
  readonly repeats?: boolean
}

export interface CommandGrammar {
  readonly name: string
  readonly flags: readonly Flag[]
  /** Positional arguments; `...` for any number. */
  readonly words: readonly string[]
  readonly optionalWords?: boolean
  /** Parsing of options stops at the first word, and the rest is passed on as it is. */
  readonly capturesRest?: boolean
}

export interface Parsed {
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly words: readonly string[]
  has(flag: string): boolean
  value(flag: string): string | undefined
  values(flag: string): readonly string[]
}

const everywhere: readonly Flag[] = [{ long: 'debug' }]

/** Parses as swift-argument-parser does. @throws UsageFailure. */
export function parse(grammar: CommandGrammar, argv: readonly string[]): Parsed {
  const flags = new Map<string, string[]>()
  const words: string[] = []
  const known = [...grammar.flags, ...everywhere]
  const reject = (message: string): never => {
    throw new UsageFailure(message, grammar.name)
  }
  const note = (flag: Flag, value: string): void => {
    const key = flag.long ?? flag.short ?? ''
    const before = flags.get(key) ?? []
    flags.set(key, flag.repeats ? [...before, value] : [value])
  }
  let index = 0
  const valueAfter = (spelled: string, flag: Flag): string => {
    const next = argv[index + 1]
    // A word that looks like an option is never taken as a value.
    if (next === undefined || next.startsWith('-'))
      reject(`Missing value for '${spelled} <${flag.long ?? flag.short}>'`)
    index++
    return next ?? ''
  }
  for (; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') {
      if (!grammar.capturesRest) words.push(...argv.slice(index + 1))
      else words.push(...argv.slice(index + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      if (grammar.capturesRest) {
        words.push(...argv.slice(index))
        break
      }
      words.push(word)
    } else if (word.startsWith('--')) {
      const equals = word.indexOf('=')
      const spelled = equals < 0 ? word : word.slice(0, equals)
      const flag = known.find(({ long }) => `--${long}` === spelled)
      if (!flag) reject(`Unknown option '${spelled}'`)
      else if (flag.value) note(flag, equals < 0 ? valueAfter(spelled, flag) : word.slice(equals + 1))
      else if (equals >= 0)
        reject(`The option '${spelled}' does not take any value, but '${word.slice(equals + 1)}' was specified.`)
      else note(flag, '')
    } else {
      for (let at = 1; at < word.length; at++) {
        const flag = known.find(({ short }) => short === word[at])
        if (!flag) reject(`Unknown option '-${word[at]}'`)
        else if (!flag.value) note(flag, '')
        else {
          if (at !== word.length - 1) reject(`Unknown option '${word}'`)
          note(flag, valueAfter(`-${word[at]}`, flag))
        }
      }
    }
  }
  const isList = grammar.words.at(-1)?.endsWith('...') ?? false
  const needed = grammar.words.filter((name) => !name.endsWith('...'))
  const missing = needed[words.length]
  if (missing !== undefined && !grammar.optionalWords) reject(`Missing expected argument '<${missing}>'`)
  const extra = isList || grammar.capturesRest ? [] : words.slice(needed.length)
  if (extra.length === 1) reject(`Unexpected argument '${extra[0]}'`)
  if (extra.length > 1) reject(`${extra.length} unexpected arguments: ${extra.map((its) => `'${its}'`).join(', ')}`)
  return {
    flags,
    words,
    has: (flag) => flags.has(flag),
    value: (flag) => flags.get(flag)?.at(-1),
    values: (flag) => flags.get(flag) ?? [],
  }
}
