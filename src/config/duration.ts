const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/**
 * A duration in Go's form (`1h2m`, `1.5s`, `0`), in milliseconds.
 * @param bareSeconds whether a bare integer counts as seconds, as kina allows and kind does not.
 * @returns undefined when the text is no duration.
 */
export function parseDuration(text: string, { bareSeconds }: { readonly bareSeconds: boolean }): number | undefined {
  if (text === '0' || text === '+0' || text === '-0') return 0
  if (bareSeconds && /^\d+$/.test(text)) return Number(text) * 1000
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (rest === '') return undefined
  let ms = 0
  part.lastIndex = 0
  while (part.lastIndex < rest.length) {
    const match = part.exec(rest)
    if (!match) return undefined
    ms += Number(match[1]) * (units[match[2] ?? ''] ?? 0)
  }
  return sign === '-' ? -ms : ms
}
