import { cac } from 'cac'
import { nearest } from '../config/nearest.ts'
import { KinaError } from '../errors.ts'
import { flagOf, type Command, type Option, type Options, type Positional } from './define-command.ts'
import { refusals } from './refusals.ts'
import { globalOptions } from './shared-options.ts'

/** What a command line says. */
export interface Invocation {
  readonly command: Command
  /** By key of the command's table: text, true or false. */
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly words: readonly string[]
  readonly rest: readonly string[]
}

/** What holds for every command, read before the command is known, so that errors are already shown as asked. */
export interface GlobalValues {
  readonly verbosity: number
  readonly quiet: boolean
  readonly logFormat: string
  readonly help: boolean
}

interface Known {
  readonly key: string
  readonly option: Option
}

export type Product = keyof typeof refusals

/** cac reads words that look like numbers as numbers; a mark in front keeps them texts. */
const mark = '\u0001'

/**
 * Finds the command in the table and types its options. cac knows one word per command, lets unknown words pass and turns
 * `1.30` into 1.3, so words are matched here and it is given one command whose values are marked.
 * @throws KinaError `usage` with the nearest match.
 */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[], product: Product): Invocation {
  const dashes = argv.indexOf('--')
  const before = dashes < 0 ? argv : argv.slice(0, dashes)
  const rest = dashes < 0 ? [] : argv.slice(dashes + 1)
  const { command, used } = findCommand(wordsAmong(before, commands), commands, product)
  const table: Options = { ...globalOptions, ...command.options }
  const { marked, words } = normalize(before, table, command, product)

  const name = command.name.join(' ')
  const program = cac(`${product} ${name}`)
  const its = program.command('[...words]', command.summary)
  for (const [key, { short, value, help }] of Object.entries(table)) {
    its.option(`${short ? `-${short}, ` : ''}--${flagOf(key)}${value === undefined ? '' : ` <${value}>`}`, help)
  }
  // The mark of its own first word makes cac see one command with words, never a command's name.
  const { options } = program.parse(['', '', ...marked], { run: false })
  const values = Object.fromEntries(
    Object.entries(table).map(([key, option]) => {
      // cac reads `--no-prepared` as the opposite of an option `prepared`, which is true unless this is given.
      const [, first = '', opposite = ''] = /^no([A-Z])(.*)$/.exec(key) ?? []
      const parsed: unknown = first === '' ? options[key] : options[first.toLowerCase() + opposite] === false
      return [key, valueOf(parsed, key, option, product)]
    }),
  )
  // pflag, which kind uses, ends the options at --, and what follows are words like any others.
  const isEndOfOptions = product === 'kind' && !command.rest
  const left = isEndOfOptions ? [...words.slice(used), ...rest] : words.slice(used)
  checkWords(command, left, dashes < 0 || isEndOfOptions ? undefined : rest, product)
  return { command, values, words: left, rest }
}

/** As `parseCommandLine`, for the options of all commands; never throws, since what is wrong is said later. */
export function readGlobals(argv: readonly string[]): GlobalValues {
  const dashes = argv.indexOf('--')
  const before = dashes < 0 ? argv : argv.slice(0, dashes)
  let verbosity = 0
  let quiet = false
  let logFormat = 'auto'
  let help = false
  before.forEach((word, index) => {
    const next = before[index + 1] ?? ''
    // Switches may share a dash, and the last of them may have a value: `-qv1`.
    const [, switches = '', level] = /^-([qhAit]*)(?:v=?(\d*))?$/.exec(word) ?? []
    if (switches.includes('q') || word === '--quiet' || word === '--quiet=true') quiet = true
    if (switches.includes('h') || word === '--help') help = true
    if (level !== undefined || word === '--verbosity') verbosity = Number(level || next) || 0
    if (word.startsWith('--verbosity=')) verbosity = Number(word.slice('--verbosity='.length)) || 0
    if (word === '--log-format') logFormat = next
    if (word.startsWith('--log-format=')) logFormat = word.slice('--log-format='.length)
  })
  return { verbosity, quiet, logFormat, help }
}

/** The words that are no options and no values, as far as can be told before the command is known. */
function wordsAmong(argv: readonly string[], commands: readonly Command[]): readonly string[] {
  const all: Options = Object.assign({}, ...commands.map(({ options }) => options), globalOptions)
  const takesValue = new Set(
    Object.entries(all).flatMap(([key, { short, value }]) =>
      value === undefined ? [] : [`--${flagOf(key)}`, `-${short}`],
    ),
  )
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (takesValue.has(word)) index++
    else if (word === '-' || !word.startsWith('-')) words.push(word)
  }
  return words
}

function findCommand(
  words: readonly string[],
  commands: readonly Command[],
  product: Product,
): { readonly command: Command; readonly used: number } {
  const names = commands
    // "kind delete" alone deletes nothing.
    .flatMap((command) =>
      [command.name, ...((product === 'kina' && command.aliases) || [])].map((name) => ({ command, name })),
    )
    .toSorted((a, b) => b.name.length - a.name.length)
  const found = names.find(({ name }) => name.every((word, index) => word === words[index]))
  if (found) return { command: found.command, used: found.name.length }
  const [first = ''] = words
  const group = commands.filter(({ name }) => name[0] === first)
  if (group.length > 0) {
    const asked = words.slice(0, 2).join(' ')
    const meant =
      words.length > 1
        ? nearest(
            asked,
            group.map(({ name }) => name.join(' ')),
          )
        : undefined
    throw new KinaError(
      'usage',
      words.length > 1 ? refusals[product].unknownSubcommand(asked) : 'Subcommand is required',
      {
        seen: group.map(({ name, summary }) => `${product} ${name.join(' ')}: ${summary}`),
        hint: meant ? `Did you mean "${product} ${meant}"?` : `See "${product} help ${first}"`,
      },
    )
  }
  const asked = words.slice(0, 2).join(' ')
  const known = commands.map(({ name }) => name.join(' '))
  const meant = nearest(asked, known) ?? nearest(first, [...new Set(commands.map(({ name }) => name[0] ?? ''))])
  throw new KinaError('usage', refusals[product].unknownCommand(first), {
    hint: meant ? `Did you mean "${product} ${meant}"?` : `"${product} help" lists the commands`,
  })
}

/**
 * One form for every way to write an option (`--name=x`, `--name x`, `-n x`, `-nx`, `-it`, `--retain=false`), as pflag, which
 * kind uses, reads them: an option with a value takes the next word whatever it looks like.
 */
function normalize(
  argv: readonly string[],
  table: Options,
  command: Command,
  product: Product,
): { readonly marked: readonly string[]; readonly words: readonly string[] } {
  const byFlag = new Map<string, Known>()
  for (const [key, option] of Object.entries(table)) {
    byFlag.set(`--${flagOf(key)}`, { key, option })
    if (option.short) byFlag.set(`-${option.short}`, { key, option })
  }
  const find = (flag: string, written = flag): Known => {
    const known = byFlag.get(flag)
    if (known) return known
    const meant = nearest(flag, byFlag.keys())
    throw new KinaError(
      'usage',
      refusals[product].unknownOption(flag, written, `${product} ${command.name.join(' ')}`),
      {
        hint: meant ? `Did you mean "${meant}"?` : `See "${product} help ${command.name.join(' ')}"`,
      },
    )
  }
  const options = new Map<string, string>()
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    const valueAfter = (flag: string): string => {
      const next = argv[++index]
      if (next === undefined)
        throw new KinaError('usage', refusals[product].valueMissing(flag), {
          hint: `See "${product} help ${command.name.join(' ')}"`,
        })
      return next
    }
    if (word === '-' || !word.startsWith('-')) {
      words.push(word)
    } else if (word.startsWith('--')) {
      const equals = word.indexOf('=')
      const flag = equals < 0 ? word : word.slice(0, equals)
      const { key, option } = find(flag)
      const given = equals < 0 ? undefined : word.slice(equals + 1)
      if (option.value !== undefined) options.set(key, `--${flagOf(key)}=${mark}${given ?? valueAfter(flag)}`)
      else if (readSwitch(flag, given, product)) options.set(key, `--${flagOf(key)}`)
      else options.delete(key)
    } else {
      for (let at = 1; at < word.length; at++) {
        const flag = `-${word[at]}`
        const { key, option } = find(flag, `-${word.slice(at)}`)
        if (option.value === undefined) {
          options.set(key, `--${flagOf(key)}`)
          continue
        }
        const attached = word.slice(at + 1).replace(/^=/, '')
        options.set(key, `--${flagOf(key)}=${mark}${word.length > at + 1 ? attached : valueAfter(flag)}`)
        break
      }
    }
  }
  return { marked: [...words.map((word) => mark + word), ...options.values()], words }
}

/** The words that Go reads as true and false, which pflag takes. */
const booleans: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((word) => [word, false] as const),
])

function readSwitch(flag: string, given: string | undefined, product: Product): boolean {
  const value = given === undefined ? true : booleans[given]
  if (value !== undefined) return value
  throw new KinaError('usage', refusals[product].notBoolean(flag, given ?? ''), { hint: 'Leave the value away' })
}

function valueOf(
  parsed: unknown,
  key: string,
  { short, value, choices, isInteger }: Option,
  product: Product,
): string | boolean | undefined {
  if (value === undefined) return parsed === true
  if (typeof parsed !== 'string') return undefined
  const text = parsed.slice(mark.length)
  if (isInteger && !/^[+-]?\d+$/.test(text)) {
    const names = `${short === undefined ? '' : `-${short}, `}--${flagOf(key)}`
    throw new KinaError('usage', refusals[product].notInteger(names, text), { hint: 'Give a number, such as 1' })
  }
  if (choices && !choices.includes(text)) {
    throw new KinaError('usage', `option "--${flagOf(key)}" is "${text}", expected ${choices.join(', ')}`, {
      hint: nearest(text, choices) ? `Did you mean "${nearest(text, choices)}"?` : 'Choose one of them',
    })
  }
  return text
}

function positionalsOf({ positionals }: Command, product: Product): readonly Positional[] {
  return product === 'kina' ? positionals : positionals.filter(({ isKinaOnly }) => !isKinaOnly)
}

function checkWords(
  command: Command,
  words: readonly string[],
  rest: readonly string[] | undefined,
  product: Product,
): void {
  const name = `${product} ${command.name.join(' ')}`
  const hint = `See "${product} help ${command.name.join(' ')}"`
  const positionals = positionalsOf(command, product)
  const takesAll = positionals.some(({ isList }) => isList)
  const extra = takesAll ? undefined : words[positionals.length]
  if (extra !== undefined)
    throw new KinaError('usage', refusals[product].extraWord(extra, name, positionals.length, words.length), {
      hint: command.rest ? `Put a command behind --: ${hint}` : hint,
    })
  const missing = positionals.find(({ isRequired }, index) => isRequired && words[index] === undefined)
  if (missing) throw new KinaError('usage', missing.missing ?? `"${name}" needs ${missing.name}`, { hint })
  if (rest !== undefined && !command.rest) throw new KinaError('usage', `"${name}" takes nothing behind --`, { hint })
  if (command.rest?.isRequired && (rest === undefined || rest.length === 0)) {
    throw new KinaError('usage', `"${name}" needs -- ${command.rest.name}`, { hint })
  }
}
