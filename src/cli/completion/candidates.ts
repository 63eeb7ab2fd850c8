import { flagOf, type Command, type Option, type Options } from '../define-command.ts'
import { globalOptions } from '../shared-options.ts'

/** What may stand at the cursor. */
export interface Candidates {
  /** Words with what they mean. */
  readonly words: readonly Candidate[]
  /** Names that only the clusters know. */
  readonly names?: 'clusters' | 'nodes'
  /** Left to the shell. */
  readonly paths?: 'files' | 'folders'
  /** What names and paths stand behind, in one word with them: `--kubeconfig=`. */
  readonly prefix: string
}

interface Candidate {
  readonly word: string
  readonly help: string
}

/** What a placeholder of the tables stands for. */
const placeholders: Readonly<Record<string, Pick<Candidates, 'names' | 'paths'>>> = {
  NAME: { names: 'clusters' },
  NODE: { names: 'nodes' },
  NODES: { names: 'nodes' },
  FILE: { paths: 'files' },
  DIR: { paths: 'folders' },
}

/**
 * Decides from the tables of commands what may stand at the cursor. It finds words as `program.ts` does, but forgives everything:
 * a line that is being written is not finished.
 * @param line the words behind the program's name up to the cursor; the last is the one that is being written, perhaps empty.
 */
export function candidatesFor(
  line: readonly string[],
  commands: readonly Command[],
  product: 'kina' | 'kind' = 'kina',
): Candidates {
  const before = line.slice(0, -1)
  const current = line.at(-1) ?? ''
  const all: Options = Object.assign({}, ...commands.map(({ options }) => options), globalOptions)
  const { words, open } = read(before, all)
  if (before.includes('--')) return { words: [], paths: 'files', prefix: '' }
  const { command, used } = find(words, commands)
  const options: Options = { ...command?.options, ...globalOptions }
  if (open !== undefined) return valuesOf(optionOf(open, options) ?? optionOf(open, all), command, '')
  if (current.startsWith('-')) return flags(current, options, command)
  const given = words.length - used
  const next = nextWords(words, commands)
  if (!command) return { words: next, prefix: '' }
  if (command.name[0] === 'help') return { words: nextWords(words.slice(used), commands), prefix: '' }
  const positionals = command.positionals.filter(({ isKinaOnly }) => product === 'kina' || !isKinaOnly)
  const positional = positionals[given] ?? (positionals.at(-1)?.isList ? positionals.at(-1) : undefined)
  const its = positional && valuesOf({ value: positional.name, ...positional }, command, '')
  return { ...its, words: [...(given === 0 ? next : []), ...(its?.words ?? [])], prefix: '' }
}

/** The words that are no options and no values; and the option whose value the next word is. */
function read(before: readonly string[], all: Options): { readonly words: readonly string[]; readonly open?: string } {
  const words: string[] = []
  for (let index = 0; index < before.length; index++) {
    const word = before[index] ?? ''
    if (!word.startsWith('-') || word === '-') words.push(word)
    else if (!word.includes('=') && optionOf(word, all)?.value !== undefined) {
      index++
      if (index === before.length) return { words, open: word }
    }
  }
  return { words }
}

function optionOf(flag: string, options: Options): Option | undefined {
  return Object.entries(options).find(([key, { short }]) => flag === `--${flagOf(key)}` || flag === `-${short}`)?.[1]
}

/** Longest name first, aliases too: `create` alone is `create cluster`. */
function find(words: readonly string[], commands: readonly Command[]): { command: Command | undefined; used: number } {
  const names = commands
    .flatMap((command) => [command.name, ...(command.aliases ?? [])].map((name) => ({ command, name })))
    .toSorted((a, b) => b.name.length - a.name.length)
  const found = names.find(({ name }) => name.every((word, index) => word === words[index]))
  return { command: found?.command, used: found?.name.length ?? 0 }
}

/** The words that go on from here to the name of a command. */
function nextWords(words: readonly string[], commands: readonly Command[]): readonly Candidate[] {
  const going = commands.filter(
    ({ name }) => name.length > words.length && words.every((word, index) => word === name[index]),
  )
  const next = [...new Set(going.map(({ name }) => name[words.length] ?? ''))]
  return next.map((word) => {
    const its = going.filter(({ name }) => name[words.length] === word)
    const [first] = its
    const isWhole = its.length === 1 && first?.name.length === words.length + 1
    return { word, help: isWhole ? first.summary : its.map(({ name }) => name.at(-1)).join(', ') }
  })
}

function flags(current: string, options: Options, command: Command | undefined): Candidates {
  const equals = current.indexOf('=')
  if (equals >= 0) {
    const flag = current.slice(0, equals)
    return valuesOf(optionOf(flag, options), command, `${flag}=`)
  }
  const words = Object.entries(options).map(([key, { help }]) => ({ word: `--${flagOf(key)}`, help }))
  return { words, prefix: '' }
}

function valuesOf(
  option: Pick<Option, 'value' | 'choices'> | undefined,
  command: Command | undefined,
  prefix: string,
): Candidates {
  const words = (option?.choices ?? []).map((choice) => ({ word: `${prefix}${choice}`, help: '' }))
  const its = option?.choices ? {} : (placeholders[option?.value ?? ''] ?? {})
  // The name of something that is to be made is nobody's yet.
  const isNew = command?.name[0] === 'create' && its.names !== undefined
  return { words, ...(isNew ? {} : its), prefix }
}
