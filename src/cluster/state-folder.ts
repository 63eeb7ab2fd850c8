import type { Host } from '../host/host.ts'

type Place = Pick<Host, 'env' | 'platform'>

/** Where locks live. */
export function stateFolder({ env, platform }: Place): string {
  const { home, os } = platform
  if (env['KINA_STATE_DIR']) return env['KINA_STATE_DIR']
  if (os === 'darwin') return `${home}/Library/Application Support/kina`
  return `${env['XDG_STATE_HOME'] || `${home}/.local/state`}/kina`
}

/** Where images are kept; what else is kept once for all clusters has its own place beside it. */
export function imageCacheFolder(place: Place): string {
  return `${cacheFolder(place)}/images`
}

/** Where prepared disks are kept. */
export function preparedFolder(place: Place): string {
  return `${cacheFolder(place)}/prepared`
}

function cacheFolder({ env, platform: { home, os } }: Place): string {
  const caches = os === 'darwin' ? `${home}/Library/Caches/kina` : `${env['XDG_CACHE_HOME'] || `${home}/.cache`}/kina`
  return env['KINA_CACHE_DIR'] || caches
}

/** Where the evidence of failures is kept. */
export function logFolder(place: Place): string {
  const { env, platform } = place
  if (env['KINA_LOG_DIR']) return env['KINA_LOG_DIR']
  return platform.os === 'darwin' ? `${platform.home}/Library/Logs/kina` : `${stateFolder(place)}/logs`
}

/** A folder of its own below that, named by the time and by what it is for. */
export function newLogFolder(host: Host, name: string): string {
  const time = host.clock.date().toISOString().replace(/[:.]/g, '-')
  return `${logFolder(host)}/${time}-${name}`
}
