/** A platform as documents have it; what is not said is empty. */
interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant: string
}

/** Variants that every machine of the architecture has. */
const plainVariants: Readonly<Record<string, readonly string[]>> = { arm64: ['', 'v8'], amd64: ['', 'v1'] }

/** Whether a node of this platform (`linux/arm64`) runs it as it is. */
export function runsOn({ os, architecture, variant }: Platform, wanted: string): boolean {
  return `${os}/${architecture}` === wanted && (plainVariants[architecture] ?? ['']).includes(variant)
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === '' ? [] : [variant])].join('/')
}
