import { KinaError } from '../errors.ts'
import type { Host, RunResult } from '../host/host.ts'
import type { AppleContainer, CallOptions } from './apple-container.ts'
import { explain } from './failures.ts'
import { whyUnsupported } from './features.ts'
import type { Operation } from './operation.ts'
import { createContainer } from './operations/create.ts'
import { listImages, pullImage } from './operations/images.ts'
import { readLogs, removeContainers, startContainer } from './operations/lifecycle.ts'
import { listContainers } from './operations/list.ts'
import { listNetworks } from './operations/network.ts'
import { systemDiskUsage, systemStart, systemVersion } from './operations/system.ts'

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

/**
 * Asks for the version once and hands out what the rest of kina uses.
 * @throws KinaError `container-missing`, `container-unsupported`.
 */
export async function connectAppleContainer(options: ConnectOptions): Promise<AppleContainer> {
  const { host } = options
  const program = host.env['KINA_CONTAINER'] || 'container'
  let version = 'unknown'

  async function perform<T>(operation: Operation<T>, call: CallOptions = {}): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await performOnce(operation, call)
      } catch (error) {
        const passes = error instanceof KinaError && operation.transient?.(error) === true
        if (!passes || attempt === attempts) throw error
        const afterMs = Math.round(firstPauseMs * 2 ** (attempt - 1) * (0.5 + Math.random()) * options.timeoutScale)
        options.onRetry({ what: operation.does, attempt, afterMs, reason: error.message })
        await host.clock.sleep(afterMs, call.signal)
      }
    }
  }

  async function performOnce<T>(operation: Operation<T>, call: CallOptions): Promise<T> {
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
      return operation.parse(result.stdout)
    } catch (error) {
      throw new KinaError(
        'unexpected-answer',
        `Cannot ${operation.does}: container ${version} answered in another form`,
        {
          seen: [`$ ${result.argv.join(' ')}`, error instanceof Error ? error.message : String(error)],
          hint: 'Check "container system version"; kina knows 1.0.0 and later',
          cause: error,
        },
      )
    }
  }

  const versions = await perform(systemVersion, { signal: options.signal })
  version = versions.cli
  for (const [what, its] of [
    ['container', versions.cli],
    ['the container service', versions.service],
  ] as const) {
    const reason = its === undefined ? undefined : whyUnsupported(its)
    if (reason !== undefined) {
      throw new KinaError('container-unsupported', `Cannot use ${what} ${its}: ${reason}`, {
        hint: 'Install container 1.2.1 or later, then run "container system stop" and "container system start"',
      })
    }
  }
  if (versions.service !== undefined && versions.service !== versions.cli) {
    throw new KinaError(
      'container-unsupported',
      `Cannot use container ${versions.cli} with its service still at ${versions.service}`,
      {
        hint: 'Run "container system stop" and "container system start" (this stops everybody\'s containers)',
      },
    )
  }

  return {
    version,
    serviceIsUp: versions.service !== undefined,
    startService: (call) => perform(systemStart, call),
    passServiceLock: (call) => perform(systemDiskUsage, call),
    list: (call) => perform(listContainers, call),
    defaultNetwork: (call) => perform(listNetworks, call),
    listImages: (call) => perform(listImages, call),
    pullImage: (reference, platform, call) => perform(pullImage(reference, platform), call),
    create: (request, call) => perform(createContainer(request, version), call),
    start: (name, call) => perform(startContainer(name), call),
    remove: (names, call) => perform(removeContainers(names), call),
    logs: (name, what, call) => perform(readLogs(name, what), call),
    exec: (name, argv, { within = 30_000 * options.timeoutScale, ...call } = {}) =>
      host.run([program, 'exec', ...(call.stdin === undefined ? [] : ['-i']), name, ...argv], { within, ...call }),
    execAttached: (name, argv, { interactive, tty, signal }) =>
      host.attach([program, 'exec', ...(interactive ? ['-i'] : []), ...(tty ? ['-t'] : []), name, ...argv], {
        stdin: interactive,
        ...(signal ? { signal } : {}),
      }),
    openExec: (name, argv) => host.open([program, 'exec', '-i', name, ...argv]),
  }
}
