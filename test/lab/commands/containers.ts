import { ask, type Call } from '../call.ts'
import { chooseBackend, guestOf } from '../choose-backend.ts'
import { containerJson, dateNow } from '../container-json.ts'
import { createGrammar, NotEmulated, readOptions, type MountWish } from '../create-options.ts'
import { Failure, UsageFailure, wrapped } from '../failure.ts'
import { parse } from '../grammar.ts'
import { installedKernel } from '../host-facts.ts'
import { compact, pretty } from '../json.ts'
import { container, containers, readService, type ContainerState } from '../state.ts'
import { findImage, indexOf, variantFor, type StoredImage, type Variant } from '../store/images.ts'
import { hostPlatform, isSame, platformOf, platformText, type Platform } from '../store/platform.ts'
import { pullImage } from '../store/pull.ts'
import { anonymousLabel, createVolume, volumes } from '../volumes.ts'

export async function create(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(createGrammar('create', call.release), argv)
  const [image, ...words] = parsed.words
  if (image === undefined) throw new UsageFailure("Missing expected argument '<image>'", 'create')
  const options = readOptions(parsed, call.release)
  const id = parsed.value('name') ?? crypto.randomUUID()
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(id) || id.length > call.release.longestName)
    throw new Failure(call.release.badName(id))
  if (container(call.files, id)) throw new Failure(call.release.nameTaken(id))
  const platform = platformOf(parsed.value) ?? hostPlatform()
  const { stored, variant } = await imageFor(call.files.root, image, platform)
  const its = variant.config.config ?? {}
  if (its.User !== undefined && !['', '0', 'root', '0:0'].includes(its.User))
    throw new NotEmulated(`an image whose user is ${its.User}`)
  installedKernel(call.files)
  const entrypoint = parsed.value('entrypoint')
  const [executable, ...rest] = [
    ...(entrypoint === undefined ? (its.Entrypoint ?? []) : [entrypoint]),
    ...(words.length > 0 ? words : entrypoint === undefined ? (its.Cmd ?? []) : []),
  ]
  if (executable === undefined) throw new Failure('Command/Entrypoint not specified for container process')
  await ask(call, {
    do: 'create',
    state: {
      id,
      creationDate: dateNow(),
      image: {
        reference: stored.reference,
        descriptor: stored.descriptor,
        platform: parsed.value('platform') === undefined ? variant.platform : platform,
        manifest: variant.digest,
      },
      ...options,
      mounts: await mountsOf(call, options.mounts),
      environment: lastOfEach([...(its.Env ?? []), ...options.environment]),
      executable,
      arguments: rest,
      workingDirectory: parsed.value('workdir') ?? parsed.value('cwd') ?? (its.WorkingDir || '/'),
      stopSignal: its.StopSignal,
    },
  })
  call.out(`${id}\n`)
  return 0
}

/** The image, found or pulled, and its part for the platform. @throws Failure when it has none. */
async function imageFor(
  root: string,
  text: string,
  platform: Platform,
): Promise<{ readonly stored: StoredImage; readonly variant: Variant }> {
  let stored = findImage(root, text)
  const isOffered =
    !stored || indexOf(root, stored).manifests.some((its) => its.platform && isSame(its.platform, platform))
  if (!isOffered) throw new Failure(`platform ${platformText(platform)}`)
  if (!stored || !variantFor(root, stored, platform)) stored = await pullImage(root, text, platform)
  const variant = variantFor(root, stored, platform)
  if (!variant) throw new Failure(`platform ${platformText(platform)}`)
  return { stored, variant }
}

/** Volumes that are missing are made on the way. */
async function mountsOf({ files, err }: Call, wishes: readonly MountWish[]): Promise<ContainerState['mounts']> {
  const mounts: ContainerState['mounts'][number][] = []
  for (const wish of wishes) {
    const { destination, options } = wish
    if ('path' in wish) {
      mounts.push({ source: wish.path, destination, options })
      continue
    }
    const isAnonymous = wish.volume === undefined
    const name = wish.volume ?? crypto.randomUUID()
    const found = volumes(files).find((volume) => volume.name === name)
    const { source } = found ?? (await createVolume(files, name, {}, isAnonymous ? { [anonymousLabel]: '' } : {}))
    if (!found && !isAnonymous) err(`named volume was automatically created: [volume: ${name}]\n`)
    mounts.push({ source, destination, options, volume: name })
  }
  return mounts
}

/** One entry a key, the later wins. */
function lastOfEach(entries: readonly string[]): readonly string[] {
  return [...new Map(entries.map((entry) => [entry.split('=')[0], entry])).values()]
}

export async function start(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(
    {
      name: 'start',
      words: ['container-id'],
      flags: [
        { long: 'attach', short: 'a' },
        { long: 'interactive', short: 'i' },
      ],
    },
    argv,
  )
  const [id = ''] = parsed.words
  const state = container(call.files, id)
  if (!state) throw new Failure(`get failed: container ${id} not found`)
  if (parsed.has('attach') || parsed.has('interactive'))
    throw new Failure('attach is currently unsupported on already running containers')
  await ask(call, { do: 'start', id })
  call.out(`${id}\n`)
  return 0
}

const many = { words: ['container-ids...'] } as const
const all = { long: 'all', short: 'a' } as const
const signal = { long: 'signal', short: 's', value: true } as const

function idsOf(call: Call, words: readonly string[], isAll: boolean): readonly string[] {
  if (words.length === 0 && !isAll) throw new Failure('no containers specified and --all not supplied')
  if (words.length > 0 && isAll) throw new Failure('explicitly supplied container ID(s) conflict with the --all flag')
  return isAll ? containers(call.files).map(({ id }) => id) : [...new Set(words)]
}

/** Each by itself; what fails is reported together and does not keep the others. */
async function each(call: Call, ids: readonly string[], work: (id: string) => Promise<void>): Promise<number> {
  const failures: string[] = []
  for (const id of ids) {
    try {
      await work(id)
      call.out(`${id}\n`)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      failures.push(error.message)
    }
  }
  if (failures.length > 0) throw new Failure(failures.join('\n'))
  return 0
}

export async function stop(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse({ name: 'stop', ...many, flags: [all, signal, { long: 'time', short: 't', value: true }] }, argv)
  const seconds = Number(parsed.value('time') ?? '5')
  return await each(call, idsOf(call, parsed.words, parsed.has('all')), (id) =>
    ask(call, { do: 'stop', id, signal: parsed.value('signal') ?? signalOf(call, id), seconds }),
  )
}

function signalOf({ files }: Call, id: string): string {
  return container(files, id)?.stopSignal ?? 'SIGTERM'
}

export async function kill(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse({ name: 'kill', ...many, flags: [all, signal] }, argv)
  return await each(call, idsOf(call, parsed.words, parsed.has('all')), async (id) => {
    if (!container(call.files, id))
      throw new Failure(wrapped('failed to kill container', 'notFound', `container with ID ${id} not found`))
    await ask(call, { do: 'stop', id, signal: parsed.value('signal') ?? 'SIGKILL', seconds: 5 })
  })
}

export async function remove(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse({ name: 'delete', ...many, flags: [all, { long: 'force', short: 'f' }] }, argv)
  return await each(call, idsOf(call, parsed.words, parsed.has('all')), (id) =>
    ask(call, { do: 'delete', id, force: parsed.has('force') }),
  )
}

const format = { long: 'format', value: true } as const

export async function list(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse({ name: 'list', words: [], flags: [all, format, { long: 'quiet', short: 'q' }] }, argv)
  const backend = await chooseBackend()
  const wanted = parsed.value('format') ?? 'table'
  if (!['json', 'table', 'yaml', 'toml'].includes(wanted))
    throw new UsageFailure(`The value '${wanted}' is invalid for '--format <format>'`, 'list')
  const shown = shuffled(containers(call.files))
    .map((state) => ({ state, isRunning: backend.isRunning(guestOf(call.files, state)) }))
    .filter(({ isRunning }) => isRunning || parsed.has('all'))
  const { subnet } = readService(call.files)
  if (wanted === 'json')
    call.out(compact(shown.map(({ state, isRunning }) => containerJson(state, isRunning, subnet, call.release))))
  else if (wanted !== 'table') throw new Failure(`lab: not emulated: list --format ${wanted}`, 70)
  else if (parsed.has('quiet')) call.out(shown.map(({ state }) => `${state.id}\n`).join(''))
  else {
    const rows = shown.map(({ state, isRunning }) => [
      state.id,
      state.image.reference,
      'linux',
      state.image.platform.architecture,
      isRunning ? 'running' : 'stopped',
      isRunning ? `${state.address}/24` : '',
      String(state.cpus),
      `${state.memoryInBytes / 1024 / 1024} MB`,
      state.startedDate ?? '',
    ])
    call.out(table([['ID', 'IMAGE', 'OS', 'ARCH', 'STATE', 'IP', 'CPUS', 'MEMORY', 'STARTED'], ...rows]))
  }
  return 0
}

export async function inspect(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse({ name: 'inspect', words: ['container-ids...'], flags: [] }, argv)
  const missing = parsed.words.filter((id) => !container(call.files, id))
  if (missing.length > 0) throw new Failure(`container not found: ${missing.toSorted().join(', ')}`)
  const backend = await chooseBackend()
  const { subnet } = readService(call.files)
  call.out(
    pretty(
      shuffled(parsed.words.map((id) => container(call.files, id)))
        .filter((state) => state !== undefined)
        .map((state) => containerJson(state, backend.isRunning(guestOf(call.files, state)), subnet, call.release)),
    ),
  )
  return 0
}

export async function logs(call: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(
    {
      name: 'logs',
      words: ['container-id'],
      flags: [{ long: 'boot' }, { long: 'follow', short: 'f' }, { short: 'n', value: true }],
    },
    argv,
  )
  const [id = ''] = parsed.words
  const state = container(call.files, id)
  const text = state && (await chooseBackend()).logs(guestOf(call.files, state), parsed.has('boot'))
  if (text === undefined)
    throw new Failure(`failed to get logs for container ${id} (cause: "notFound: "container with ID ${id} not found"")`)
  const lines = text.trim().split('\n')
  call.out(`${lines.slice(-Number(parsed.value('n') ?? lines.length)).join('\n')}\n`)
  return 0
}

/** The order of a list is a dictionary's: chance. */
function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map(
      (row) =>
        `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2))).join('')}\n`,
    )
    .join('')
}
