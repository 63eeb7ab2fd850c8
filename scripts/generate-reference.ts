/**
 * Writes what is derived from tables in the source: help texts, docs/commands.md, docs/events.md, docs/exit-codes.md and the
 * schemas. With --check it writes nothing and fails when a file is not as it would be written.
 */
import { readFile, writeFile } from 'node:fs/promises'
import process from 'node:process'
import { toJsonSchema } from '@valibot/to-json-schema'
import { commands } from '../src/cli/command-table.ts'
import { flagOf, type Command } from '../src/cli/define-command.ts'
import { helpTextsOf, optionRows, usageOf } from '../src/cli/render/help.ts'
import { eventTable, type FieldDoc } from '../src/cli/report/event-table.ts'
import { globalOptions } from '../src/cli/shared-options.ts'
import { clusterFile } from '../src/config/schema.ts'
import { errorCodes, exitCodeOf } from '../src/errors.ts'

const generated = 'Written by scripts/generate-reference.ts; do not edit.'

const files: Readonly<Record<string, string>> = {
  'src/cli/generated/help-texts.ts': helpModule(),
  'src/cli/generated/cluster-file.schema.json': `${JSON.stringify(clusterFileSchema(), null, 2)}\n`,
  'docs/commands.md': commandsPage(),
  'docs/events.md': eventsPage(),
  'docs/events.schema.json': `${JSON.stringify(eventsSchema(), null, 2)}\n`,
  'docs/exit-codes.md': exitCodesPage(),
}

const isCheck = process.argv.includes('--check')
const stale: string[] = []
for (const [path, text] of Object.entries(files)) {
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before === text) continue
  stale.push(path)
  if (!isCheck) await writeFile(path, text)
}
if (isCheck && stale.length > 0) {
  console.error(`Stale: ${stale.join(', ')}\nRun "npm run generate" and commit the result`)
  process.exitCode = 1
} else {
  console.log(
    isCheck
      ? `${Object.keys(files).length} generated files are fresh`
      : `Written: ${stale.join(', ') || 'nothing, all fresh'}`,
  )
}

function helpModule(): string {
  const entries = Object.entries(helpTextsOf(commands)).map(([topic, text]) => `  ${quoted(topic)}: ${quoted(text)},\n`)
  return `// ${generated}\nexport const helpTexts: Readonly<Record<string, string>> = {\n${entries.join('')}}\n`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}

function clusterFileSchema(): object {
  const schema = toJsonSchema(clusterFile, { errorMode: 'throw' })
  return { ...schema, $id: 'https://kina.dev/schemas/cluster-file.json', title: 'kind.x-k8s.io/v1alpha4 Cluster' }
}

function commandsPage(): string {
  return [
    '# Commands',
    '',
    `<!-- ${generated} -->`,
    '',
    'Results go to stdout, everything else to stderr. The word `cluster` may be left out behind `create` and `delete`. A cluster is',
    'named by position, by `--name`, or by `KINA_CLUSTER_NAME`; without any of them it is `kina`.',
    '',
    ...commands.flatMap(commandSection),
    '## Options of every command',
    '',
    ...optionTable(globalOptions),
    '',
  ].join('\n')
}

function commandSection(command: Command): readonly string[] {
  const { name, summary, details = [], positionals, rest, options, examples } = command
  const words = [...positionals, ...(rest ? [rest] : [])]
  return [
    `## kina ${name.join(' ')}`,
    '',
    `${summary}.`,
    '',
    ...details.flatMap((paragraph) => [paragraph, '']),
    '```console',
    usageOf(command),
    '```',
    '',
    ...(words.length > 0
      ? ['| Word | Meaning |', '| --- | --- |', ...words.map((word) => `| \`${word.name}\` | ${word.help} |`), '']
      : []),
    ...(Object.keys(options).length > 0 ? [...optionTable(options), ''] : []),
    '```console',
    ...examples.map((example) => `$ ${example}`),
    '```',
    '',
  ]
}

function optionTable(options: Command['options']): readonly string[] {
  return [
    '| Option | Meaning |',
    '| --- | --- |',
    ...optionRows(options).map(([flag, help]) => `| \`${flag.trim()}\` | ${help.replaceAll('|', '\\|')} |`),
  ]
}

function eventsPage(): string {
  return [
    '# Events',
    '',
    `<!-- ${generated} -->`,
    '',
    'With `--log-format json`, stderr carries one event a line. Every event has `kind`, `at` (ISO 8601, UTC) and `run`, the id of',
    'this execution, which is also the label `io.kina.run` of the containers that it makes. New kinds and new fields may be added;',
    'readers skip what they do not know. Secrets are redacted. The schema is [events.schema.json](events.schema.json).',
    '',
    ...Object.entries(eventTable).flatMap(([kind, { summary, fields }]) => [
      `## ${kind}`,
      '',
      summary,
      '',
      '| Field | Type | Meaning |',
      '| --- | --- | --- |',
      ...Object.entries(fields as Record<string, FieldDoc>).map(
        ([field, { type, help, isOptional }]) =>
          `| \`${field}\` | ${typeName(type)}${isOptional ? ', optional' : ''} | ${help} |`,
      ),
      '',
    ]),
  ].join('\n')
}

function typeName(type: FieldDoc['type']): string {
  return { string: 'text', number: 'number', strings: 'list of texts', phases: 'list of `{ phase, ms }`' }[type]
}

function eventsSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: generated,
    title: 'An event of kina',
    oneOf: Object.entries(eventTable).map(([kind, { summary, fields }]) => {
      const its = fields as Record<string, FieldDoc>
      return {
        description: summary,
        type: 'object',
        properties: {
          kind: { const: kind },
          at: { type: 'string', format: 'date-time' },
          run: { type: 'string' },
          ...Object.fromEntries(
            Object.entries(its).map(([field, { type, help }]) => [field, { ...schemaOf(type), description: help }]),
          ),
        },
        required: [
          'kind',
          'at',
          'run',
          ...Object.entries(its).flatMap(([field, { isOptional }]) => (isOptional ? [] : [field])),
        ],
      }
    }),
  }
}

function schemaOf(type: FieldDoc['type']): object {
  switch (type) {
    case 'string':
    case 'number':
      return { type }
    case 'strings':
      return { type: 'array', items: { type: 'string' } }
    case 'phases':
      return {
        type: 'array',
        items: {
          type: 'object',
          properties: { phase: { type: 'string' }, ms: { type: 'number' } },
          required: ['phase', 'ms'],
        },
      }
  }
}

function exitCodesPage(): string {
  const meanings: Readonly<Record<number, string>> = {
    0: 'done; deleting what is not there is done as well',
    1: 'failed; `status` also when the cluster is not well',
    2: 'wrong words or a wrong file; nothing was started',
    3: 'the host is not ready',
    4: 'the cluster is missing, already there, or not in a state for this',
    5: 'out of time',
    130: 'interrupted',
  }
  return [
    '# Exit codes',
    '',
    `<!-- ${generated} -->`,
    '',
    '`exec` ends with the exit code of the command that it runs. Called as `kind`, every failure is 1.',
    '',
    '| Exit code | Meaning | Error codes |',
    '| --- | --- | --- |',
    ...Object.entries(meanings).map(([exit, meaning]) => {
      const codes = errorCodes.filter((code) => exitCodeOf(code) === Number(exit))
      return `| ${exit} | ${meaning} | ${codes.map((code) => `[\`${code}\`](troubleshooting.md#${code})`).join(', ')} |`
    }),
    '',
  ].join('\n')
}

/** Two options with one flag must agree on whether they take a value, since words are found before the command is known. */
const arity = new Map<string, boolean>()
for (const { options } of commands) {
  for (const [key, { value }] of Object.entries({ ...globalOptions, ...options } as Command['options'])) {
    const takes = value !== undefined
    if ((arity.get(key) ?? takes) !== takes)
      throw new Error(`--${flagOf(key)} takes a value in one command and none in another`)
    arity.set(key, takes)
  }
}
