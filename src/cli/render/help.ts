import { flagOf, type Command, type Options, type Positional } from '../define-command.ts'
import { globalOptions } from '../shared-options.ts'

/** Help texts, made from the table of commands by scripts/generate-reference.ts and kept in generated/help-texts.ts. */
export function helpTextsOf(commands: readonly Command[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = { '': rootHelp(commands) }
  for (const command of commands) {
    const [group = ''] = command.name
    const isAlias = commands.some(({ aliases }) => aliases?.some((alias) => alias.join(' ') === group))
    if (command.name.length > 1) texts[group] ??= groupHelp(group, commands, isAlias)
    texts[command.name.join(' ')] = commandHelp(command)
  }
  return texts
}

function rootHelp(commands: readonly Command[]): string {
  return [
    "kina makes real Kubernetes clusters on a Mac: every node is a lightweight VM run by Apple's container program.",
    '',
    'Usage: kina COMMAND [options]',
    '',
    'Commands:',
    ...table(commands.map(({ name, summary }) => [name.join(' '), summary])),
    '',
    'Options of every command:',
    ...table(optionRows(globalOptions)),
    '',
    '"kina help COMMAND" says more about a command.',
    '',
  ].join('\n')
}

function groupHelp(group: string, commands: readonly Command[], isAlias: boolean): string {
  const its = commands.filter(({ name }) => name[0] === group)
  return [
    `Usage: kina ${group} COMMAND [options]`,
    '',
    'Commands:',
    ...table(its.map(({ name, summary }) => [name.join(' '), summary])),
    ...(isAlias ? ['', `"kina ${group}" alone means "kina ${group} cluster".`] : []),
    '',
  ].join('\n')
}

function commandHelp(command: Command): string {
  const { summary, details = [], positionals, rest, options, examples } = command
  const words = [...positionals, ...(rest ? [rest] : [])]
  return [
    `${summary}.`,
    '',
    `Usage: ${usageOf(command)}`,
    ...details.flatMap((paragraph) => ['', ...wrapped(paragraph, 100)]),
    ...(words.length > 0 ? ['', 'Words:', ...table(words.map(({ name, help }) => [name, help]))] : []),
    ...(Object.keys(options).length > 0 ? ['', 'Options:', ...table(optionRows(options))] : []),
    '',
    'Options of every command:',
    ...table(optionRows(globalOptions)),
    '',
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

export function usageOf({ name, positionals, rest, options }: Command): string {
  const word = ({ name: its, isRequired, isList }: Positional): string => {
    const text = isList ? `${its}...` : its
    return isRequired ? text : `[${text}]`
  }
  return [
    'kina',
    ...name,
    ...positionals.map(word),
    ...(Object.keys(options).length > 0 ? ['[options]'] : []),
    ...(rest ? ['--', word(rest)] : []),
  ].join(' ')
}

export function optionRows(options: Options): readonly (readonly [string, string])[] {
  return Object.entries(options).map(([key, { short, value, help, choices }]) => [
    `${short === undefined ? '    ' : `-${short}, `}--${flagOf(key)}${value === undefined ? '' : ` ${value}`}`,
    choices === undefined ? help : `${help} (${choices.join(', ')})`,
  ])
}

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`)
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}
