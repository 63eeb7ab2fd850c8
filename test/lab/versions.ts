/** Releases of `container` that the lab can stand for. A row says in what they differ; commands ask rows, never numbers. */
export interface Release {
  readonly version: string
  readonly commit: string
  /** Flags that `run` and `create` have beside those of every release. */
  readonly createFlags: readonly string[]
  /** Protected paths are on unless a flag says otherwise, so /proc/sys is read-only. */
  readonly protectsPaths: boolean
  /** Longest container name. */
  readonly longestName: number
  /** `cp` prints where it has put what it copied. */
  readonly copySaysWhere: boolean
  /** `image save` to stdout keeps the names out of the archive. */
  readonly savesNamesToStderr: boolean
  /** `status.networks[].variant` in the JSON. */
  readonly hasVariant: boolean
}

const releases: readonly Release[] = [
  {
    version: '1.2.2',
    commit: '0190097',
    createFlags: ['kernel-arg', 'masked-path', 'read-only-path'],
    protectsPaths: true,
    longestName: 63,
    hasVariant: true,
    copySaysWhere: true,
    savesNamesToStderr: true,
  },
]

export function emulatedRelease(wanted: string | undefined): Release {
  const release = releases.find(({ version }) => version === (wanted ?? '1.2.2'))
  if (!release)
    throw new Error(`the lab stands for ${releases.map(({ version }) => version).join(', ')}, not for ${wanted}`)
  return release
}
