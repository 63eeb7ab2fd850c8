import { KinaError } from '../errors.ts'
import type { Host, RunResult } from '../host/host.ts'
import type { AppleContainer, CallOptions, Versions } from './apple-container.ts'
import { explain, saysServiceDown } from './failures.ts'
import { advisedRelease, oldestRelease, whyUnsupported } from './features.ts'
import type { Operation } from './operation.ts'
import { createContainer } from './operations/create.ts'
import { inspectImage, listImages, pullImage, saveImage } from './operations/images.ts'
import { hasRun, inspectContainer, readLogs, removeContainers, startContainer } from './operations/lifecycle.ts'
import { listContainers } from './operations/list.ts'
import { listNetworks } from './operations/network.ts'
import { createVolume, deleteVolumes, listVolumes } from './operations/volumes.ts'
import { systemDiskUsage, systemStart, systemStatus, systemVersion } from './operations/system.ts'

export interface ConnectOptions {
  readonly host: Host
  readonly signal: AbortSignal
  /** Multiplies every deadline of an operation (`KINA_TIMEOUT_SCALE`). */
  readonly timeoutScale: number
  readonly onRetry: (retry: { what: string; attempt: number; afterMs: number; reason: string }) => void
}

/** Tries of an operation that failed in a way known to pass; the pause doubles and is jittered. */
const attempts = 3
const firstPauseMs = 500

/** What can be asked of `container`, without asking anything yet: most commands need one call, and get along with one. */
export function connectAppleContainer(options: ConnectOptions): AppleContainer {
  const { host } = options
  const program = host.env['KINA_CONTAINER'] || 'container'
  let versions: Promise<Versions> | undefined

  /** Asked once, and remembered. */
  function knownVersions(call: CallOptions): Promise<Versions> {
    versions ??= attempt(systemVersion, call)
    return versions
  }

  async function checkVersions(call: CallOptions = {}): Promise<Versions> {
    const known = await knownVersions({ signal: options.signal, ...call })
    refuseUnsupported(known)
    return known
  }

  /** A failure that nobody knows may come from a release, or a service, that kina does not work with: that is said instead. */
  async function perform<T>(operation: Operation<T>, call: CallOptions = {}): Promise<T> {
    try {
      return await attempt(operation, call)
    } catch (error) {
      const isUnknown = error instanceof KinaError && ['command-failed', 'unexpected-answer'].includes(error.code)
      if (isUnknown && !call.signal?.aborted) {
        const known = await knownVersions(call).catch(() => undefined)
        if (known) refuseUnsupported(known)
      }
      throw error
    }
  }

  async function attempt<T>(operation: Operation<T>, call: CallOptions = {}): Promise<T> {
    for (let number = 1; ; number++) {
      try {
        return await once(operation, call)
      } catch (error) {
        const passes = error instanceof KinaError && operation.transient?.(error) === true
        if (!passes || number === attempts) throw error
        const afterMs = Math.round(firstPauseMs * 2 ** (number - 1) * (0.5 + Math.random()) * options.timeoutScale)
        options.onRetry({ what: operation.does, attempt: number, afterMs, reason: error.message })
        await host.clock.sleep(afterMs, call.signal)
      }
    }
  }

  async function once<T>(operation: Operation<T>, call: CallOptions): Promise<T> {
    const result = await host.run([program, ...operation.argv], {
      within: call.within ?? operation.within * options.timeoutScale,
      ...(call.signal ? { signal: call.signal } : {}),
      ...(operation.env ? { env: operation.env } : {}),
    })
    const isFine = result.ended === 'exited' && (result.exitCode === 0 || operation.alsoFine?.(result) === true)
    if (!isFine) throw explain(operation.does, result, program)
    return read(operation, result)
  }

  function read<T>(operation: Operation<T>, result: RunResult): T {
    try {
      return operation.parse(result.stdout, result.exitCode)
    } catch (error) {
      throw new KinaError('unexpected-answer', `Cannot ${operation.does}: container answered in another form`, {
        seen: [`$ ${result.argv.join(' ')}`, error instanceof Error ? error.message : String(error)],
        hint: `Check "container system version"; kina knows ${oldestRelease} and later`,
        cause: error,
      })
    }
  }

  return {
    checkVersions: async (call) => ({ serviceIsUp: (await checkVersions(call)).service !== undefined }),
    versions: (call = {}) => knownVersions(call),
    startService: (call) => perform(systemStart, call),
    dataFolder: (call) => perform(systemStatus, call),
    passServiceLock: (call) => perform(systemDiskUsage, call),
    list: (call) => perform(listContainers, call),
    defaultNetwork: (call) => perform(listNetworks, call),
    listImages: (call) => perform(listImages, call),
    inspectImage: (reference, call) => perform(inspectImage(reference), call),
    saveImage: (reference, platform, file, call) => perform(saveImage(reference, platform, file), call),
    pullImage: (reference, platform, call) => perform(pullImage(reference, platform), call),
    async loadImages(archive, call) {
      const result = await host.feed([program, 'image', 'load'], archive, call)
      if (result.ended !== 'exited' || result.exitCode !== 0) throw explain('load an image', result, program)
      return result.stdout.split('\n').filter(Boolean)
    },
    async create(request, call) {
      const { cli } = await checkVersions(call)
      try {
        await perform(createContainer(request, cli), call)
      } catch (error) {
        if (!(error instanceof KinaError) || error.code !== 'name-taken') throw error
        // A try whose client had given up may have been finished by the service: its labels name this run and no other.
        const made = (await perform(listContainers, call)).find(({ id }) => id === request.name)
        if (!made || !areAlike(made.labels, request.labels)) throw error
      }
    },
    listVolumes: (call) => perform(listVolumes, call),
    createVolume: (request, call) => perform(createVolume(request), call),
    deleteVolumes: (names, call) => perform(deleteVolumes(names), call),
    start: (name, call) => perform(startContainer(name), call),
    remove: (names, call) => perform(removeContainers(names), call),
    logs: (name, what, call) => perform(readLogs(name, what), call),
    hasRun: (name, call) => perform(hasRun(name), call),
    inspect: (name, call) => perform(inspectContainer(name), call),
    async pipeExec(name, argv, into, call) {
      const result = await host.pipe([program, 'exec', name, ...argv], into, call)
      if (result.ended !== 'exited' || result.exitCode !== 0) throw explain(`read from "${name}"`, result, program)
    },
    async exec(name, argv, { within = 30_000 * options.timeoutScale, ...call } = {}) {
      const words = [program, 'exec', ...(call.stdin === undefined ? [] : ['-i']), name, ...argv]
      const result = await host.run(words, { within, ...call })
      if (result.ended !== 'exited' || saysServiceDown(result))
        throw explain(`run a command in "${name}"`, result, program)
      return result
    },
    execAttached: (name, argv, { interactive, tty, signal }) =>
      host.attach([program, 'exec', ...(interactive ? ['-i'] : []), ...(tty ? ['-t'] : []), name, ...argv], {
        stdin: interactive,
        ...(signal ? { signal } : {}),
      }),
    openExec: (name, argv) => host.open([program, 'exec', '-i', name, ...argv]),
    explainExecEnd(name, { exitCode, stderr }) {
      const notFound = exitCode === -1
      if (!notFound && !saysServiceDown({ exitCode, stderr })) return undefined
      const argv = [program, 'exec', '-i', name]
      const ended = notFound ? 'not-found' : 'exited'
      return explain(`run commands in "${name}"`, { argv, exitCode, stdout: '', stderr, ms: 0, ended }, program)
    },
  }
}

/** @throws KinaError `container-unsupported` with the way out. */
function refuseUnsupported({ cli, service }: Versions): void {
  for (const [what, its] of [
    ['container', cli],
    ['the container service', service],
  ] as const) {
    const reason = its === undefined ? undefined : whyUnsupported(its)
    if (reason !== undefined) {
      throw new KinaError('container-unsupported', `Cannot use ${what} ${its}: ${reason}`, {
        hint: `Install container ${advisedRelease} or later, then run "container system stop" and "container system start"`,
      })
    }
  }
  if (service !== undefined && service !== cli) {
    throw new KinaError('container-unsupported', `Cannot use container ${cli} with its service still at ${service}`, {
      hint: 'Run "container system stop" and "container system start" (this stops everybody\'s containers)',
    })
  }
}

function areAlike(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key])
}
