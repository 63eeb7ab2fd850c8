import process from 'node:process'

/**
 * The cases that are run: all with KINA_EVERY_CASE=1, else every so manieth of each group, the same in every run. Each group
 * begins to count at another place, so that the share has something of everything that the groups have in common.
 */
export function shareOf<T>(cases: readonly T[], every: number, group: (its: T) => string): readonly T[] {
  if (process.env['KINA_EVERY_CASE'] === '1') return cases
  const seen = new Map<string, { count: number; offset: number }>()
  return cases.filter((its) => {
    const name = group(its)
    const { count, offset } = seen.get(name) ?? { count: 0, offset: seen.size }
    seen.set(name, { count: count + 1, offset })
    return (count + offset) % every === 0
  })
}
