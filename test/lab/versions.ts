import process from 'node:process'

/** Releases of `container` that the lab can stand for. A row says in what they differ; commands ask rows, never numbers. */
export interface Release {
  readonly version: string
  readonly commit: string
  /** Words that are commands in this release and were none before. The lab knows them by name only. */
  readonly newCommands: readonly string[]
  /** Flags that `run` and `create` have beside those of every release. */
  readonly createFlags: readonly string[]
  /** Values of `--scheme`. */
  readonly schemes: readonly string[]
  /** Protected paths are on unless a flag says otherwise, so /proc/sys is read-only. */
  readonly protectsPaths: boolean
  /** Longest container name. */
  readonly longestName: number
  /** `cp` prints where it has put what it copied. */
  readonly copySaysWhere: boolean
  /** `image save` to stdout keeps the names out of the archive. */
  readonly savesNamesToStderr: boolean
  /** What `create` says of a name that cannot be one, and of one that is taken. */
  readonly badName: (name: string) => string
  readonly nameTaken: (name: string) => string
  /** `status.networks[].variant` in the JSON. */
  readonly hasVariant: boolean
  /** JSON writes `/` as `\/`. */
  readonly escapesSlashes: boolean
  /** `system status --format json` has objects for server, client and paths, and is almost empty while the service is down. */
  readonly nestsStatus: boolean
  /** The service says `1.4.1` for its version, not a sentence. */
  readonly saysBareVersion: boolean
  /** Where `system start` writes what it does. */
  readonly startSpeaksOn: 'stdout' | 'stderr'
  /** The kernel that is installed where none is. */
  readonly kernel: string
}

const first: Release = {
  version: '1.0.0',
  commit: 'ee848e3',
  newCommands: [],
  createFlags: [],
  schemes: ['http', 'https', 'auto'],
  protectsPaths: false,
  longestName: 64,
  copySaysWhere: false,
  savesNamesToStderr: false,
  badName: (name) => `invalid entity name ${name}`,
  nameTaken: (name) => `failed to create container (cause: "exists: "container already exists: ${name}"")`,
  hasVariant: false,
  escapesSlashes: true,
  nestsStatus: false,
  saysBareVersion: false,
  startSpeaksOn: 'stdout',
  kernel: '6.18.15',
}

const second: Release = {
  ...first,
  version: '1.1.0',
  commit: '5973b9c',
  copySaysWhere: true,
  savesNamesToStderr: true,
  hasVariant: true,
}

const third: Release = {
  ...second,
  version: '1.2.0',
  commit: '6e65319',
  createFlags: ['kernel-arg'],
  protectsPaths: true,
  longestName: 63,
  badName: (name) => `container ID ${name} is not a valid container ID`,
  nameTaken: (name) => `container already exists: ${name}`,
  startSpeaksOn: 'stderr',
}

const fourth: Release = {
  ...third,
  version: '1.2.1',
  commit: '0d111be',
  createFlags: [...third.createFlags, 'masked-path', 'read-only-path'],
}

const fifth: Release = { ...fourth, version: '1.2.2', commit: '0190097' }

/** What is known of releases after 1.2.2 from the threads of apple/container (1769, 1949, 2100, 2205). Their commits are not. */
const later: Release = {
  ...fifth,
  version: '1.4.1',
  commit: '0000000',
  newCommands: ['clean'],
  schemes: ['http', 'https'],
  escapesSlashes: false,
  nestsStatus: true,
  saysBareVersion: true,
  kernel: '6.18.35',
}

const releases: Readonly<Record<string, Release>> = {
  ...Object.fromEntries([first, second, third, fourth, fifth].map((release) => [release.version, release])),
  later,
}

/** The names that LAB_VERSION can have, oldest first. */
export const releaseNames: readonly string[] = Object.keys(releases)

/** @param wanted a name, or the version that a release reports. */
export function releaseOf(wanted: string): Release {
  const release = releases[wanted] ?? Object.values(releases).find(({ version }) => version === wanted)
  if (!release) throw new Error(`the lab stands for ${releaseNames.join(', ')}, not for ${wanted}`)
  return release
}

/** The release of the command line: LAB_VERSION. */
export function emulatedRelease(): Release {
  return releaseOf(process.env['LAB_VERSION'] ?? fifth.version)
}
