import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { Failure, UsageFailure } from './failure.ts'
import type { CommandGrammar, Flag, Parsed } from './grammar.ts'
import { macOs } from './host-facts.ts'
import { isCapability } from './capabilities.ts'
import { defaultMaskedPaths, defaultReadonlyPaths } from './protected-paths.ts'
import { bytesOf } from './size.ts'
import type { ContainerState, PublishedPort } from './state.ts'
import { checkVolumeName } from './volumes.ts'
import type { Release } from './versions.ts'

const withValue = (long: string, short?: string): Flag => ({
  long,
  value: true,
  ...(short === undefined ? {} : { short }),
})
const repeated = (long: string, short?: string): Flag => ({ ...withValue(long, short), repeats: true })
const simple = (long: string, short?: string): Flag => ({ long, ...(short === undefined ? {} : { short }) })

export const processFlags: readonly Flag[] = [
  repeated('env', 'e'),
  repeated('env-file'),
  simple('interactive', 'i'),
  simple('tty', 't'),
  withValue('user', 'u'),
  withValue('uid'),
  withValue('gid'),
  withValue('workdir', 'w'),
  withValue('cwd'),
  repeated('ulimit'),
]

/** Flags of `run` and `create` in this release. */
export function createGrammar(name: 'run' | 'create', release: Release): CommandGrammar {
  return {
    name,
    words: ['image', 'arguments...'],
    capturesRest: true,
    flags: [
      ...processFlags,
      withValue('cpus', 'c'),
      withValue('memory', 'm'),
      withValue('arch', 'a'),
      withValue('os'),
      withValue('platform'),
      repeated('cap-add'),
      repeated('cap-drop'),
      withValue('cidfile'),
      simple('detach', 'd'),
      repeated('dns'),
      withValue('dns-domain'),
      repeated('dns-option'),
      repeated('dns-search'),
      simple('no-dns'),
      withValue('entrypoint'),
      simple('init'),
      withValue('init-image'),
      withValue('kernel', 'k'),
      repeated('label', 'l'),
      repeated('mount'),
      withValue('name'),
      repeated('network'),
      repeated('publish', 'p'),
      repeated('publish-socket'),
      simple('read-only'),
      simple('rm'),
      simple('remove'),
      simple('rosetta'),
      withValue('runtime'),
      withValue('shm-size'),
      simple('ssh'),
      repeated('tmpfs'),
      repeated('volume', 'v'),
      simple('virtualization'),
      withValue('scheme'),
      withValue('max-concurrent-downloads'),
      ...(name === 'run' ? [withValue('progress')] : []),
      ...release.createFlags.map((flag) => repeated(flag)),
    ],
  }
}

type FromImage = 'image' | 'executable' | 'arguments' | 'workingDirectory' | 'stopSignal'
type Options = Omit<ContainerState, 'id' | 'creationDate' | 'mounts' | FromImage> & {
  readonly mounts: readonly MountWish[]
}

/** What the options come to. @throws Failure as the program refuses them. */
export function readOptions(parsed: Parsed, { schemes }: Release): Options {
  if (parsed.has('no-dns') && ['dns', 'dns-domain', 'dns-option', 'dns-search'].some((flag) => parsed.has(flag))) {
    throw new UsageFailure('`--no-dns` cannot be used with any other DNS option', 'create')
  }
  const scheme = parsed.value('scheme')
  if (scheme !== undefined && !schemes.includes(scheme)) throw new Failure(`unsupported scheme ${scheme}`)
  for (const flag of ['mount', 'tmpfs', 'publish-socket', 'env-file', 'kernel', 'init-image'] as const) {
    if (parsed.has(flag)) throw new NotEmulated(`--${flag}`)
  }
  const cpus = Number(parsed.value('cpus') ?? '4')
  if (!Number.isInteger(cpus) || cpus < 1)
    throw new UsageFailure(`The value '${parsed.value('cpus')}' is invalid for '--cpus <cpus>'`, 'create')
  return {
    capAdd: parsed.values('cap-add').map((cap) => capability(cap)),
    capDrop: parsed.values('cap-drop').map((cap) => capability(cap)),
    cpus,
    memoryInBytes: memory(parsed.value('memory') ?? '1g'),
    environment: parsed.values('env').flatMap((entry) => {
      if (entry.includes('=')) return [entry]
      const value = process.env[entry]
      return value === undefined ? [] : [`${entry}=${value}`]
    }),
    labels: Object.fromEntries(parsed.values('label').map(label)),
    maskedPaths: paths(parsed.values('masked-path'), 'masked'),
    readonlyPaths: paths(parsed.values('read-only-path'), 'readonly'),
    mounts: parsed.values('volume').map(volume),
    mtu: networkMtu(parsed.values('network')),
    publishedPorts: published(parsed.values('publish')),
    rlimits: parsed.values('ulimit').map(rlimit),
  }
}

/** A known option of the real program that the lab does not stand for. */
export class NotEmulated extends Error {}

function capability(text: string): string {
  const name = text.toUpperCase()
  const full = name === 'ALL' || name.startsWith('CAP_') ? name : `CAP_${name}`
  if (!isCapability(full)) throw new Failure(`invalid capability name ${name}`)
  return full
}

function memory(text: string): number {
  const asked = bytesOf(text)
  if (asked === undefined) throw new Failure(`invalid memory value ${text}`)
  const mebibyte = 1024 * 1024
  const bytes = Math.floor(asked / mebibyte) * mebibyte
  if (bytes < 200 * mebibyte) throw new Failure(`minimum memory amount allowed is 200 MiB (got ${bytes} bytes)`)
  return bytes
}

function label(text: string): readonly [string, string] {
  if (text === '') throw new Failure('invalid label format ')
  // A single sign of equality at the end is dropped, any other is refused.
  const [key = '', value = '', ...more] = text.replace(/^([^=]*=[^=]+)=$/, '$1').split('=')
  if (more.length > 0) throw new Failure(`invalid label format ${text}`)
  return [key, value]
}

function paths(given: readonly string[], what: string): readonly string[] | undefined {
  if (given.length === 0) return undefined
  const defaults = what === 'masked' ? defaultMaskedPaths : defaultReadonlyPaths
  return given.reduce<readonly string[]>((list, path) => {
    if (path === 'NONE') return []
    if (!path.startsWith('/')) throw new Failure(`${what} path must be absolute: ${path}`)
    return [...list, path]
  }, defaults)
}

/** A mount as it was asked for: of a folder or file of the host, or of a volume, which without a name is a new one. */
export type MountWish =
  | { readonly path: string; readonly destination: string; readonly options: readonly string[] }
  | { readonly volume: string | undefined; readonly destination: string; readonly options: readonly string[] }

function volume(text: string): MountWish {
  const [first = '', second, third = '', ...more] = text.replace(/^:+/, '').split(':')
  if (more.length > 0 || first === '') throw new Failure(`invalid volume format ${text}`)
  if (second === undefined) return { volume: undefined, destination: first, options: [] }
  const options = third.split(',').filter(Boolean)
  if (!/[/]|^\.\.?$/.test(first)) {
    checkVolumeName(first)
    return { volume: first, destination: second, options }
  }
  const path = resolve(first)
  if (!existsSync(path)) throw new Failure(`path '${first}' does not exist`)
  return { path, destination: second, options }
}

function networkMtu(networks: readonly string[]): number {
  if (networks.length > 1) throw new NotEmulated('several networks')
  const [name = 'default', ...properties] = (networks[0] ?? 'default').split(',')
  if (name !== 'default')
    throw new Failure(
      macOs() === 15 ? 'non-default network configuration requires macOS 26 or newer' : `network ${name} not found`,
    )
  let mtu = 1280
  for (const property of properties) {
    const [key, value = ''] = property.split('=')
    if (key === 'mac') continue
    if (key !== 'mtu') throw new Failure(`unknown network property '${key}'`)
    mtu = Number(value)
    if (!Number.isInteger(mtu) || mtu < 1280 || mtu > 65_535)
      throw new Failure(`invalid MTU value '${value}', must be between 1280 and 65535`)
  }
  return mtu
}

function published(specs: readonly string[]): readonly PublishedPort[] {
  if (specs.length > 64) throw new Failure('cannot exceed more than 64 port publish descriptors')
  const ports = specs.map((spec): PublishedPort => {
    const [, six, four, host = '', inner = '', proto = 'tcp'] =
      /^(?:(?:\[([0-9a-f:]+)\]|([\d.]+)):)?(\d+):(\d+)(?:\/(tcp|udp))?$/i.exec(spec) ?? []
    if (host === '' || inner === '') throw new Failure(`invalid publish value: ${spec}`)
    const hostPort = Number(host)
    const containerPort = Number(inner)
    for (const port of [hostPort, containerPort])
      if (port < 1 || port > 65_535) throw new Failure(`invalid publish port: ${port}`)
    return { hostAddress: six ?? four ?? '0.0.0.0', hostPort, containerPort, proto: proto.toLowerCase(), count: 1 }
  })
  const taken = new Set<string>()
  for (const { hostPort, proto } of ports) {
    if (taken.has(`${hostPort}/${proto}`))
      throw new Failure('host ports for different publish port specs may not overlap')
    taken.add(`${hostPort}/${proto}`)
  }
  return ports
}

const limits = 'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
  ' ',
)

function rlimit(text: string): ContainerState['rlimits'][number] {
  const [, type = '', soft = '', hard] = /^(\w+)=(-?\w+)(?::(-?\w+))?$/.exec(text) ?? []
  if (!limits.includes(type)) throw new Failure(`invalid ulimit: ${text}`)
  const number = (value: string): number =>
    value === 'unlimited' || value === '-1' ? Number.MAX_SAFE_INTEGER : Number(value)
  return { limit: `RLIMIT_${type.toUpperCase()}`, soft: number(soft), hard: number(hard ?? soft) }
}
