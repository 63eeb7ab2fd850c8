/** What kind of call this is: the command's words, without what it is about. */
export function kindOf(argv: readonly string[]): string {
  const [first = '', second = ''] = argv
  return ['system', 'image', 'network', 'volume'].includes(first) ? `${first} ${second}` : first
}

export function kindsOf(calls: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const call of calls) counts.set(kindOf(call), (counts.get(kindOf(call)) ?? 0) + 1)
  return counts
}

/** A table of the number of calls per kind, one column for each run. */
export function callTable(runs: Readonly<Record<string, readonly (readonly string[])[]>>): string {
  const counts = Object.values(runs).map(kindsOf)
  const kinds = [...new Set(counts.flatMap((count) => [...count.keys()]))].toSorted()
  const cell = (text: string | number): string => String(text).padStart(12)
  const rows = kinds.map((kind) => kind.padEnd(16) + counts.map((count) => cell(count.get(kind) ?? 0)).join(''))
  return [
    'container calls'.padEnd(16) + Object.keys(runs).map(cell).join(''),
    ...rows,
    'all'.padEnd(16) +
      Object.values(runs)
        .map(({ length }) => cell(length))
        .join(''),
  ].join('\n')
}
