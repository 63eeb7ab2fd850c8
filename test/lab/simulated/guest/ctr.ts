/**
 * Stands for the image store behind containerd's client, with files in /var/lib/lab-containerd. It keeps what it is sent by digest,
 * refuses what is not what it says, unpacks what it has the layers of, and knows the words that are asked of it and no others.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { isAbsolute, join } from 'node:path'
import process from 'node:process'

const folder = '/var/lib/lab-containerd'
const blobs = join(folder, 'blobs')
mkdirSync(blobs, { recursive: true })

interface State {
  /** Digest by name. */
  images: Record<string, string>
  labels: Record<string, Record<string, string>>
  chains: string[]
}

interface Descriptor {
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

class Refused extends Error {}

const statePath = join(folder, 'state.json')
const readState = (): State =>
  existsSync(statePath)
    ? (JSON.parse(readFileSync(statePath, 'utf8')) as State)
    : { images: {}, labels: {}, chains: [] }
let state = readState()
/** Whole or not at all, as containerd's database: its client may be killed. */
const write = (): void => {
  writeFileSync(`${statePath}.${process.pid}`, JSON.stringify(state))
  renameSync(`${statePath}.${process.pid}`, statePath)
}
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const pathOf = (digest: string): string => join(blobs, digest.replace('sha256:', ''))
const has = (digest: string): boolean => existsSync(pathOf(digest))
const read = <T>(digest: string): T => {
  if (!has(digest)) throw new Refused(`content digest ${digest}: not found`)
  return JSON.parse(readFileSync(pathOf(digest), 'utf8')) as T
}

/** Options with a value, as `--snapshotter overlayfs`; the rest in order. */
function split(argv: readonly string[], valued: readonly string[]): { flags: Map<string, string>; words: string[] } {
  const flags = new Map<string, string>()
  const words: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? ''
    if (valued.includes(word)) flags.set(word, argv[++at] ?? '')
    else if (word.startsWith('--')) flags.set(word, '')
    else words.push(word)
  }
  return { flags, words }
}

/** `--local` is who reads the archive, which comes to the same here. */
const importFlags = ['--all-platforms', '--snapshotter', '--local', '--help']

function importImages(argv: readonly string[]): void {
  const { flags, words } = split(argv, ['--snapshotter'])
  if (flags.has('--help')) return say(`OPTIONS:\n   ${importFlags.join('\n   ')}`)
  if (words.join() !== '-') throw new Refused(`not emulated: images import ${words.join(' ')}`)
  const unknown = [...flags.keys()].filter((flag) => !importFlags.includes(flag))
  if (unknown.length > 0) throw new Refused(`flag provided but not defined: ${unknown[0]}`)
  const work = mkdtempSync(join(folder, 'import-'))
  try {
    try {
      execFileSync('tar', ['-C', work, '-xf', '-'], { stdio: ['inherit', 'ignore', 'ignore'] })
    } catch {
      throw new Refused('unexpected EOF')
    }
    // Others have gone on while the archive came.
    state = readState()
    const taken = join(work, 'blobs/sha256')
    for (const hex of existsSync(taken) ? readdirSync(taken) : []) {
      const bytes = readFileSync(join(taken, hex))
      const found = digestOf(bytes)
      if (found !== `sha256:${hex}`)
        throw new Refused(`unexpected commit digest ${found}, expected sha256:${hex}: failed precondition`)
      writeFileSync(pathOf(found), bytes)
    }
    if (!existsSync(join(work, 'index.json'))) throw new Refused('unrecognized image format')
    const { manifests } = JSON.parse(readFileSync(join(work, 'index.json'), 'utf8')) as { manifests: Descriptor[] }
    for (const { digest, annotations } of manifests) {
      const name = annotations?.['io.containerd.image.name']
      if (name !== undefined) state.images[name] = digest
    }
    write()
    for (const { digest } of manifests) unpack(digest)
    write()
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** A layer whose chain is unpacked needs no blob. The kubelet's side then keeps the image by its configuration as well. */
function unpack(manifest: string): void {
  const { config, layers } = read<{ config: Descriptor; layers: Descriptor[] }>(manifest)
  const { rootfs } = read<{ rootfs: { diff_ids: string[] } }>(config.digest)
  let chain = ''
  rootfs.diff_ids.forEach((diffId, at) => {
    chain = chain === '' ? diffId : digestOf(`${chain} ${diffId}`)
    if (state.chains.includes(chain)) return
    const layer = layers[at]?.digest ?? ''
    if (!has(layer)) throw new Refused(`failed to extract layer ${diffId}: content digest ${layer}: not found`)
    state.chains.push(chain)
  })
  state.images[config.digest] = manifest
}

function images(verb: string, argv: readonly string[]): void {
  if (verb === 'import') return importImages(argv)
  if (verb === 'tag') {
    const { flags, words } = split(argv, [])
    const [source = '', ...targets] = words
    const digest = state.images[source]
    if (digest === undefined) throw new Refused(`image "${source}": not found`)
    for (const target of targets) {
      if (state.images[target] !== undefined && !flags.has('--force'))
        throw new Refused(`image "${target}": already exists`)
      state.images[target] = digest
      say(target)
    }
    return write()
  }
  if (verb === 'rm') {
    for (const name of argv) delete state.images[name]
    return write()
  }
  if (verb === 'mount' || verb === 'unmount') return show(verb, argv)
  if (verb !== 'ls') throw new Refused(`not emulated: images ${verb}`)
  say('REF TYPE DIGEST SIZE PLATFORMS LABELS')
  for (const [name, digest] of Object.entries(state.images))
    say(`${name} application/vnd.oci.image.manifest.v1+json ${digest} 1.0 MiB linux/amd64 -`)
}

/** What an image holds, in a folder: a copy where containerd mounts a snapshot, which is left over unless it is removed. */
function show(verb: 'mount' | 'unmount', argv: readonly string[]): void {
  const { flags, words } = split(argv, ['--snapshotter'])
  const target = words.at(-1) ?? ''
  if (!isAbsolute(target)) throw new Refused(`not emulated: images ${verb} ${argv.join(' ')}`)
  if (verb === 'unmount') {
    for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true })
    if (flags.has('--rm')) state.chains = state.chains.filter((chain) => chain !== target)
    return write()
  }
  const manifest = state.images[words[0] ?? '']
  if (manifest === undefined) throw new Refused(`image "${words[0] ?? ''}": not found`)
  if (state.chains.includes(target)) throw new Refused(`snapshot "${target}": already exists`)
  const { layers } = read<{ layers: Descriptor[] }>(manifest)
  for (const { digest } of layers) execFileSync('tar', ['-C', target, '-xzf', pathOf(digest)])
  state.chains.push(target)
  write()
}

function content(verb: string, argv: readonly string[]): void {
  const { flags, words } = split(argv, ['--expected-size', '--expected-digest'])
  const [first = '', ...rest] = words
  if (verb === 'ls' && flags.has('--quiet')) {
    for (const hex of readdirSync(blobs)) say(`sha256:${hex}`)
  } else if (verb === 'ls') {
    const [, key] = /^labels\."(.*)"$/.exec(first) ?? []
    if (key === undefined) throw new Refused(`not emulated: content ls ${first}`)
    say('DIGEST SIZE AGE LABELS')
    for (const [digest, labels] of Object.entries(state.labels))
      if (labels[key] !== undefined)
        say(
          `${digest} 1B 1 second ${Object.entries(labels)
            .map((pair) => pair.join('='))
            .join(',')}`,
        )
  } else if (verb === 'ingest') {
    const bytes = readFileSync(0)
    if (Number(flags.get('--expected-size')) !== bytes.length) throw new Refused('unexpected size')
    if (flags.get('--expected-digest') !== digestOf(bytes)) throw new Refused('unexpected digest')
    writeFileSync(pathOf(digestOf(bytes)), bytes)
  } else if (verb === 'label') {
    if (!has(first)) throw new Refused(`content ${first}: not found`)
    state.labels[first] = { ...state.labels[first], ...Object.fromEntries(rest.map((pair) => pair.split('='))) }
    write()
  } else if (verb === 'rm') {
    for (const digest of words) {
      if (!has(digest)) throw new Refused(`content ${digest}: not found`)
      rmSync(pathOf(digest))
      delete state.labels[digest]
      say(digest)
    }
    write()
  } else throw new Refused(`not emulated: content ${verb}`)
}

function snapshots(argv: readonly string[]): void {
  const { flags, words } = split(argv, ['--snapshotter'])
  const [verb, manifest, ...more] = words
  if (flags.get('--snapshotter') === 'overlayfs' && verb === 'unpack' && manifest !== undefined && more.length === 0) {
    unpack(manifest)
    return write()
  }
  if (words.join(' ') !== 'ls' || flags.get('--snapshotter') !== 'overlayfs')
    throw new Refused(`not emulated: snapshots ${argv.join(' ')}`)
  say('KEY PARENT KIND')
  for (const chain of state.chains) say(`${chain}  Committed`)
}

const [namespace, its, group = '', ...rest] = process.argv.slice(2)
try {
  if (namespace !== '--namespace' || its !== 'k8s.io')
    throw new Refused(`not emulated: ${process.argv.slice(2).join(' ')}`)
  if (group === 'images') images(rest[0] ?? '', rest.slice(1))
  else if (group === 'content') content(rest[0] ?? '', rest.slice(1))
  else if (group === 'snapshots') snapshots(rest)
  else throw new Refused(`not emulated: ${group}`)
} catch (error) {
  if (!(error instanceof Refused)) throw error
  process.stderr.write(`ctr: ${error.message}\n`)
  process.exitCode = 1
}
