import { ask, endService, serviceIsUp, type Call } from '../call.ts'
import { chooseBackend } from '../choose-backend.ts'
import { prefix6 } from '../container-json.ts'
import { serviceDown, Failure, UsageFailure } from '../failure.ts'
import { parse } from '../grammar.ts'
import { macOs, writeKernelFolder } from '../host-facts.ts'
import { compact, pretty } from '../json.ts'
import { changeService, freshAddresses, readService } from '../state.ts'
import { releaseOf, type Release } from '../versions.ts'
import { table } from './containers.ts'

const format = { long: 'format', value: true } as const
const prefix = { long: 'prefix', short: 'p', value: true } as const

export async function system(call: Call, argv: readonly string[]): Promise<number> {
  const [verb = '', ...rest] = argv
  switch (verb) {
    case 'version':
      return version(call, rest)
    case 'status':
      return status(call, rest)
    case 'start':
      return await startService(call, rest)
    case 'stop':
      return await stopService(call, rest)
    case 'df': {
      const parsed = parse({ name: 'system df', words: [], flags: [format] }, rest)
      if (!serviceIsUp(call.files)) throw serviceDown('failed to get disk usage')
      // It takes the service's lock, so it waits for all that came before.
      await ask(call, { do: 'pass' })
      const { diskUsage, diskUsageRows } = await import('../disk-usage.ts')
      const usage = diskUsage(call.files, await chooseBackend())
      call.out(parsed.value('format') === 'json' ? pretty(usage) : table(diskUsageRows(usage)))
      return 0
    }
    case 'logs':
    case 'dns':
    case 'kernel':
    case 'property':
      throw new Failure(`lab: not emulated: system ${verb}`, 70)
    default:
      throw new UsageFailure(`Unexpected argument '${verb}'`, 'system')
  }
}

/** The service is of the release that it was started from. */
function serverOf({ files }: Call): Release {
  return releaseOf(readService(files).version)
}

function serverVersion({ version: number, commit, saysBareVersion }: Release): string {
  return saysBareVersion ? number : `container-apiserver version ${number} (build: release, commit: ${commit})`
}

function version(call: Call, argv: readonly string[]): number {
  const parsed = parse({ name: 'system version', words: [], flags: [format] }, argv)
  const { release } = call
  const cli = { appName: 'container', buildType: 'release', commit: release.commit, version: release.version }
  const service = serverOf(call)
  const server = {
    appName: 'container-apiserver',
    buildType: 'release',
    commit: service.commit,
    version: serverVersion(service),
  }
  const parts = serviceIsUp(call.files) ? [cli, server] : [cli]
  if (parsed.value('format') === 'json') call.out(compact(parts))
  else
    call.out(
      table([
        ['COMPONENT', 'VERSION', 'BUILD', 'COMMIT'],
        ...parts.map((its) => [its.appName, its.version, its.buildType, its.commit]),
      ]),
    )
  return 0
}

function status(call: Call, argv: readonly string[]): number {
  const parsed = parse({ name: 'system status', words: [], flags: [prefix, format] }, argv)
  const isUp = serviceIsUp(call.files)
  if (isUp) writeKernelFolder(call.files)
  const service = serverOf(call)
  const fields = {
    apiServerAppName: isUp ? 'container-apiserver' : '',
    apiServerBuild: isUp ? 'release' : '',
    apiServerCommit: isUp ? service.commit : '',
    apiServerVersion: isUp ? serverVersion(service) : '',
    appRoot: isUp ? `${call.files.root}/` : '',
    installRoot: isUp ? '/usr/local/' : '',
    status: isUp ? 'running' : 'unregistered',
  }
  if (parsed.value('format') === 'json') call.out(compact(call.release.nestsStatus ? nested(call, isUp) : fields))
  else if (isUp) call.out(table([['FIELD', 'VALUE'], ...Object.entries(fields)]))
  else call.out('apiserver is not running and not registered with launchd\n')
  return isUp ? 0 : 1
}

/** The JSON of later releases: almost nothing while the service is down. */
function nested(call: Call, isUp: boolean): object {
  if (!isUp) return { status: 'unregistered' }
  const part = ({ version: number, commit }: Release, appName: string): object => ({
    appName,
    build: 'release',
    commit,
    version: number,
  })
  return {
    status: 'running',
    server: part(serverOf(call), 'container-apiserver'),
    client: part(call.release, 'container'),
    paths: { appRoot: `${call.files.root}/`, installRoot: '/usr/local/' },
  }
}

async function startService(call: Call, argv: readonly string[]): Promise<number> {
  const value = (long: string, short?: string): { long: string; value: true; short?: string } => ({
    long,
    value: true,
    ...(short ? { short } : {}),
  })
  const parsed = parse(
    {
      name: 'system start',
      words: [],
      flags: [
        value('app-root', 'a'),
        value('install-root'),
        value('log-root'),
        { long: 'enable-kernel-install' },
        { long: 'disable-kernel-install' },
        value('timeout'),
      ],
    },
    argv,
  )
  if (!parsed.has('enable-kernel-install') && !parsed.has('disable-kernel-install')) {
    // It asks on stdin, and the end of input is an error.
    call.out('Install the recommended default kernel? [Y/n]: ')
    throw new Failure('failed to read user input')
  }
  const say = call.release.startSpeaksOn === 'stdout' ? call.out : call.err
  say('Verifying apiserver is running...\n')
  await changeService(call.files, (state) => {
    if (!state.up) {
      state.free = freshAddresses()
      state.version = call.release.version
      if (parsed.has('enable-kernel-install')) state.installedKernel ??= call.release.kernel
    }
    state.up = true
  })
  return 0
}

async function stopService(call: Call, argv: readonly string[]): Promise<number> {
  parse({ name: 'system stop', words: [], flags: [prefix] }, argv)
  await endService(call.files)
  const { stopAll } = await import('../service.ts')
  for (const id of await stopAll(call.files)) call.out(`${id}\n`)
  await changeService(call.files, (state) => {
    state.up = false
  })
  return 0
}

export function network(call: Call, argv: readonly string[]): number {
  const [verb = '', ...rest] = argv
  const { subnet } = readService(call.files)
  const builtin = {
    configuration: {
      creationDate: '2026-08-01T08:00:00Z',
      labels: { 'com.apple.container.resource.role': 'builtin' },
      mode: 'nat',
      name: 'default',
      options: {},
      plugin: 'container-network-vmnet',
    },
    id: 'default',
    status: { ipv4Gateway: `${subnet}.1`, ipv4Subnet: `${subnet}.0/24`, ipv6Subnet: `${prefix6(subnet)}::/64` },
  }
  if (verb === 'list' || verb === 'ls') {
    const parsed = parse({ name: 'network list', words: [], flags: [format, { long: 'quiet', short: 'q' }] }, rest)
    if (parsed.value('format') === 'json') call.out(compact([builtin]))
    else
      call.out(
        table([
          ['NETWORK', 'SUBNET'],
          ['default', `${subnet}.0/24`],
        ]),
      )
    return 0
  }
  if (verb === 'inspect') {
    const missing = parse({ name: 'network inspect', words: ['networks...'], flags: [] }, rest).words.filter(
      (word) => word !== 'default',
    )
    if (missing.length > 0) throw new Failure(`network not found: ${missing.join(', ')}`)
    call.out(pretty([builtin]))
    return 0
  }
  throw new Failure(`lab: not emulated: network ${verb}`, 70)
}

/** On macOS 15 there is no `network` in the command tree. */
export function hasNetworkCommand(): boolean {
  return macOs() === 26
}
