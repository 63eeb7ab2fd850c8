/**
 * The only place that names releases of `container`, and the only one that compares them; a test walks the source. A row names the
 * release that brought a feature. What differs in answers needs no row: their readers take every form that is known.
 */
const since = {
  /** `--masked-path`, `--read-only-path` with `NONE`; the paths themselves came with 1.2.0, without a switch. */
  protectedPathFlags: '1.2.1',
} as const

export type Feature = keyof typeof since

/** 1.2.0 makes /proc/sys read-only and has no way to ask otherwise (apple/container#2041). */
const refused = ['1.2.0']

/** Oldest release whose JSON kina reads (`configuration` and `status` nested). */
export const oldestRelease = '1.0.0'

/** What to install where the release cannot be used: the oldest that all of kina is sure of. */
export const advisedRelease: string = since.protectedPathFlags

export function supports(version: string, feature: Feature): boolean {
  return isAtLeast(version, since[feature])
}

/** Why kina cannot work with this release, undefined when it can. A version that cannot be read counts as the newest. */
export function whyUnsupported(version: string): string | undefined {
  if (refused.includes(version)) return 'it makes /proc/sys read-only in every container and has no switch for it'
  if (!isAtLeast(version, oldestRelease)) return `it is older than ${oldestRelease}`
  return undefined
}

/** `container-apiserver version 1.2.2 (build: release, commit: 0190097)` and bare `1.2.2` alike. */
export function readVersion(text: string): string {
  return /(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? text
}

function isAtLeast(version: string, wanted: string): boolean {
  const have = numbers(version)
  if (!have) return true
  const want = numbers(wanted) ?? []
  for (let index = 0; index < 3; index++) {
    const difference = (have[index] ?? 0) - (want[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return true
}

function numbers(version: string): readonly number[] | undefined {
  return /^\d+\.\d+\.\d+$/.test(version) ? version.split('.').map(Number) : undefined
}
