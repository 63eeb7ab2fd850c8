import { createReadStream, existsSync, rmSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import type { Call } from '../call.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { parse, type Flag, type Parsed } from '../grammar.ts'
import { compact, pretty } from '../json.ts'
import { keepOnly } from '../store/content.ts'
import {
  findImage,
  forgetImage,
  images,
  referencedDigests,
  variantFor,
  variantsOf,
  indexOf,
  withImages,
  writeImage,
  type StoredImage,
} from '../store/images.ts'
import { loadImages } from '../store/load.ts'
import { platformOf, platformText } from '../store/platform.ts'
import { pullImage } from '../store/pull.ts'
import { fullReference, shortReference } from '../store/reference.ts'
import { saveImages } from '../store/save.ts'
import { keepSnapshots } from '../store/snapshots.ts'
import { unpackForBackend } from '../unpack.ts'
import { table } from './containers.ts'

const platformFlags: readonly Flag[] = [
  { long: 'platform', value: true },
  { long: 'arch', short: 'a', value: true },
  { long: 'os', value: true },
]

const verbs: Readonly<Record<string, (call: Call, argv: readonly string[]) => Promise<number> | number>> = {
  list,
  ls: list,
  inspect,
  pull,
  tag,
  delete: remove,
  rm: remove,
  save,
  load,
}

export async function image(call: Call, argv: readonly string[]): Promise<number> {
  const [verb = '', ...rest] = argv
  const run = verbs[verb]
  if (run) return await run(call, rest)
  if (verb === 'push' || verb === 'prune') throw new Failure(`lab: not emulated: image ${verb}`, 70)
  throw new UsageFailure(`Unexpected argument '${verb}'`, 'image')
}

function list({ files, out }: Call, argv: readonly string[]): number {
  const parsed = parse(
    {
      name: 'image list',
      words: [],
      flags: [
        { long: 'format', value: true },
        { long: 'quiet', short: 'q' },
        { long: 'verbose', short: 'v' },
      ],
    },
    argv,
  )
  if (parsed.has('quiet') && parsed.has('verbose')) throw new Failure('cannot use flag --quiet and --verbose together')
  const all = images(files.root)
  if (parsed.value('format') === 'json') out(compact(all.map((its) => imageJson(files.root, its))))
  else if (parsed.has('quiet')) out(all.map(({ reference }) => `${shortReference(reference)}\n`).join(''))
  else if (parsed.has('verbose')) throw new Failure('lab: not emulated: image list --verbose', 70)
  else out(table([['NAME', 'TAG', 'DIGEST'], ...all.map(shortRow)]))
  return 0
}

function shortRow({ reference, descriptor }: StoredImage): readonly string[] {
  const [, name = '', version = '<none>'] = /^(.*?)(?::([^/@]+))?(?:@.*)?$/.exec(shortReference(reference)) ?? []
  return [name, version, descriptor.digest.slice('sha256:'.length, 'sha256:'.length + 12)]
}

function inspect({ files, out }: Call, argv: readonly string[]): number {
  const parsed = parse({ name: 'image inspect', words: ['images...'], flags: [] }, argv)
  const found = [...new Set(parsed.words)].map((word) => ({ word, its: findImage(files.root, word) }))
  const missing = found.filter(({ its }) => its === undefined).map(({ word }) => word)
  if (missing.length > 0) throw new Failure(`image not found: ${missing.toSorted().join(', ')}`)
  out(pretty(found.flatMap(({ its }) => (its ? [imageJson(files.root, its)] : []))))
  return 0
}

async function pull({ files }: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(
    {
      name: 'image pull',
      words: ['reference'],
      flags: [
        ...platformFlags,
        { long: 'scheme', value: true },
        { long: 'progress', value: true },
        { long: 'max-concurrent-downloads', value: true },
      ],
    },
    argv,
  )
  const scheme = parsed.value('scheme') ?? 'auto'
  if (!['http', 'https', 'auto'].includes(scheme)) throw new Failure(`unsupported scheme ${scheme}`)
  const pulled = await pullImage(files.root, parsed.words[0] ?? '', platformOf(parsed.value), scheme)
  await unpackForBackend(files.root, pulled)
  return 0
}

async function tag({ files, out }: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse({ name: 'image tag', words: ['source', 'target'], flags: [] }, argv)
  const [source = '', target = ''] = parsed.words
  const found = findImage(files.root, source)
  if (!found) throw new Failure(`image with reference ${source}`)
  const reference = fullReference(target)
  await withImages(files.root, () => writeImage(files.root, { reference, descriptor: found.descriptor }))
  out(`${target}\n`)
  return 0
}

async function remove({ files, out, err }: Call, argv: readonly string[]): Promise<number> {
  const flags: readonly Flag[] = [
    { long: 'all', short: 'a' },
    { long: 'force', short: 'f' },
  ]
  const parsed = parse({ name: 'image delete', words: ['images...'], flags }, argv)
  const isAll = parsed.has('all')
  if (parsed.words.length === 0 && !isAll) throw new Failure('no images specified and --all not supplied')
  if (parsed.words.length > 0 && isAll) throw new Failure('explicitly supplied images conflict with the --all flag')
  const failures: string[] = []
  await withImages(files.root, () => {
    const found = isAll ? images(files.root) : []
    const named = parsed.words.flatMap((word) => {
      const its = findImage(files.root, word)
      if (!its && !parsed.has('force')) failures.push(word)
      return its ? [its] : []
    })
    const gone = new Set<string>()
    for (const its of [...found, ...named]) {
      if (gone.has(its.reference)) {
        failures.push(its.reference)
        continue
      }
      forgetImage(files.root, its)
      gone.add(its.reference)
      out(`${its.reference}\n`)
    }
    const reached = referencedDigests(files.root)
    keepSnapshots(files.root, reached)
    const freed = keepOnly(files.root, reached)
    if (gone.size > 0) err(`Reclaimed ${freed} bytes in disk space\n`)
  })
  if (failures.length > 0) throw new Failure(`failed to delete one or more images: ["${failures.join('", "')}"]`)
  return 0
}

async function save({ files, release, out, err }: Call, argv: readonly string[]): Promise<number> {
  const parsed = parse(
    {
      name: 'image save',
      words: ['references...'],
      flags: [...platformFlags, { long: 'output', short: 'o', value: true }],
    },
    argv,
  )
  if (parsed.words.length === 0) throw new UsageFailure("Missing expected argument '<references> ...'", 'image save')
  const platform = platformOf(parsed.value)
  const found = parsed.words.map((word) => findImage(files.root, word))
  parsed.words.forEach((word, index) => {
    if (!found[index]) err(`failed to get image for reference ${word}: notFound: "image with reference ${word}"\n`)
  })
  const wanted = found.filter((its) => its !== undefined)
  if (wanted.length < found.length) throw new Failure('failed to save image(s)')
  wanted.forEach((its, index) => {
    if (!platform || variantFor(files.root, its, platform)) return
    const there = indexOf(files.root, its)
      .manifests.flatMap((manifest) => (manifest.platform ? [platformText(manifest.platform)] : []))
      .filter((text) => text !== 'unknown/unknown')
    throw new Failure(
      `image ${parsed.words[index]} has no content for platform ${platformText(platform)}; available platforms: ${there.join(', ') || 'none'}`,
    )
  })
  const output = parsed.value('output')
  const file = output ?? join(files.root, `save-${process.pid}.tar`)
  try {
    saveImages(files.root, wanted, file, platform)
    if (output === undefined) await pipeline(createReadStream(file), process.stdout, { end: false })
  } finally {
    if (output === undefined) rmSync(file, { force: true })
  }
  // Release 1.0.0 wrote the names behind the archive (apple/container#1801).
  const say = output === undefined && release.savesNamesToStderr ? err : out
  for (const word of parsed.words) say(`${word}\n`)
  return 0
}

async function load(call: Call, argv: readonly string[]): Promise<number> {
  const { files, out, err } = call
  const flags: readonly Flag[] = [
    { long: 'input', short: 'i', value: true },
    { long: 'force', short: 'f' },
  ]
  const parsed: Parsed = parse({ name: 'image load', words: [], flags }, argv)
  const input = parsed.value('input')
  if (input !== undefined && !existsSync(input)) {
    err(`file does not exist: [path: ${input}]\n`)
    return 1
  }
  if (input !== undefined && !statSync(input).isFile()) throw new Failure(`failed to open archive ${input}`)
  const archive = input ?? join(files.root, `load-${process.pid}.tar`)
  try {
    if (input === undefined) await writeFile(archive, process.stdin)
    const { images: loaded, rejected } = await loadImages(files.root, archive, parsed.has('force'))
    if (rejected.length > 0) err(`archive contains invalid members: [paths: ["${rejected.join('", "')}"]]\n`)
    for (const its of loaded) await unpackForBackend(files.root, its)
    for (const { reference } of loaded) out(`${reference}\n`)
    return 0
  } finally {
    if (input === undefined) rmSync(archive, { force: true })
  }
}

function imageJson(root: string, stored: StoredImage): object {
  const variants = variantsOf(root, stored)
  const created = variants.flatMap(({ config }) => config.created ?? []).toSorted()[0]
  return {
    configuration: {
      creationDate: new Date(created ?? 0).toISOString().replace(/\.\d+Z$/, 'Z'),
      descriptor: stored.descriptor,
      name: stored.reference,
    },
    id: stored.descriptor.digest.slice('sha256:'.length),
    variants: variants.map(({ platform, digest, size, config }) => ({
      platform,
      digest,
      size,
      config: { ...config, config: config.config && known(config.config) },
    })),
  }
}

/** What the program knows of an image's configuration; the rest is dropped when it is shown. */
function known(config: object): object {
  const keys = ['User', 'Env', 'Entrypoint', 'Cmd', 'WorkingDir', 'Labels', 'StopSignal']
  return Object.fromEntries(Object.entries(config).filter(([key]) => keys.includes(key)))
}
