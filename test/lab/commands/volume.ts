import { ask, type Call } from '../call.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { parse } from '../grammar.ts'
import { compact, pretty } from '../json.ts'
import { anonymousLabel, createVolume, volumes, type Volume } from '../volumes.ts'
import { table } from './containers.ts'

export async function volume(call: Call, argv: readonly string[]): Promise<number> {
  const [verb = '', ...rest] = argv
  switch (verb) {
    case 'create':
      return await create(call, rest)
    case 'ls':
    case 'list':
      return list(call, rest)
    case 'inspect':
      return inspect(call, rest)
    case 'rm':
    case 'delete':
      return await remove(call, rest)
    case 'prune':
      throw new Failure('lab: not emulated: volume prune', 70)
    default:
      throw new UsageFailure(`Unexpected argument '${verb}'`, 'volume')
  }
}

async function create({ files, out }: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(
    {
      name: 'volume create',
      words: ['name'],
      flags: [
        { long: 'label', value: true, repeats: true },
        { long: 'opt', value: true, repeats: true },
        { short: 's', value: true },
      ],
    },
    argv,
  )
  const size = parsed.value('s')
  const options = { ...pairs(parsed.values('opt')), ...(size === undefined ? {} : { size }) }
  const made = await createVolume(files, parsed.words[0] ?? '', options, pairs(parsed.values('label')))
  out(`${made.name}\n`)
  return 0
}

function pairs(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [key = '', value = ''] = text.split(/=(.*)/s)
      return [key, value]
    }),
  )
}

function list({ files, out }: Call, argv: readonly string[]): number {
  const flags = [
    { long: 'format', value: true },
    { long: 'quiet', short: 'q' },
  ]
  const parsed = parse({ name: 'volume list', words: [], flags }, argv)
  const all = volumes(files)
  if (parsed.value('format') === 'json') out(compact(all.map(volumeJson)))
  else if (parsed.has('quiet')) out(all.map(({ name }) => `${name}\n`).join(''))
  else {
    const rows = all.map(({ name, driver, labels, options }) => [
      name,
      labels[anonymousLabel] === undefined ? 'named' : 'anonymous',
      driver,
      Object.entries(options)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    ])
    out(table([['NAME', 'TYPE', 'DRIVER', 'OPTIONS'], ...rows]))
  }
  return 0
}

function inspect({ files, out }: Call, argv: readonly string[]): number {
  const names = [...new Set(parse({ name: 'volume inspect', words: ['names...'], flags: [] }, argv).words)]
  const found = volumes(files).filter(({ name }) => names.includes(name))
  const missing = names.filter((name) => !found.some((its) => its.name === name))
  if (missing.length > 0) throw new Failure(`volume not found: ${missing.toSorted().join(', ')}`)
  out(pretty(found.map(volumeJson)))
  return 0
}

async function remove(call: Call, argv: readonly string[]): Promise<number> {
  const { files, out, err } = call
  const parsed = parse({ name: 'volume delete', words: ['names...'], flags: [{ long: 'all', short: 'a' }] }, argv)
  const isAll = parsed.has('all')
  if (parsed.words.length === 0 && !isAll) throw new Failure('no volumes specified and --all not supplied')
  if (parsed.words.length > 0 && isAll)
    throw new Failure('explicitly supplied volume name(s) conflict with the --all flag')
  const all = volumes(files).map(({ name }) => name)
  const wanted = isAll ? all : [...new Set(parsed.words)]
  const missing = wanted.filter((name) => !all.includes(name))
  if (missing.length > 0) throw new Failure(`failed to delete one or more volumes: ["${missing.join('", "')}"]`)
  const failed: string[] = []
  for (const name of wanted) {
    try {
      await ask(call, { do: 'delete-volume', name })
      out(`${name}\n`)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      err(`failed to delete volume: [error: ${error.message}, id: ${name}]\n`)
      failed.push(name)
    }
  }
  if (failed.length > 0) throw new Failure(`delete failed for one or more volumes: ["${failed.join('", "')}"]`)
  return 0
}

function volumeJson(configuration: Volume): object {
  return { configuration, id: configuration.name }
}
