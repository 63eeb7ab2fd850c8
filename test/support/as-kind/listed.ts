import type { Difference } from './compare.ts'

/** A row of the table of differences: what differs, at which steps. */
export interface Listed {
  /** Names of steps, whole or with `…` for the rest. */
  readonly steps: readonly string[]
  readonly aspects: readonly string[]
}

const heading = '| Command | What differs |'

/** The rows of docs/kind-compatibility.md; the first two cells hold names in backticks. @throws when there is no such table. */
export function listedDifferences(page: string): readonly Listed[] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(heading))
  if (start < 0) throw new Error(`The page has no table that begins with "${heading}"`)
  const rows = lines.slice(start + 2)
  const end = rows.findIndex((line) => !line.startsWith('|'))
  return rows.slice(0, end < 0 ? undefined : end).map((line) => {
    const [, first = '', second = ''] = line.split(/(?<!\\)\|/)
    return { steps: inBackticks(first), aspects: inBackticks(second) }
  })
}

export interface Verdict {
  readonly unlisted: readonly Difference[]
  /** `step: aspect` of rows that did not occur. */
  readonly stale: readonly string[]
}

/** Holds what differs against what is listed, both ways. */
export function judge(differences: readonly Difference[], rows: readonly Listed[]): Verdict {
  const covers = (step: string, aspect: string, its: Difference): boolean =>
    its.aspect === aspect && (step.endsWith('…') ? its.step.startsWith(step.slice(0, -1)) : its.step === step)
  const pairs = rows.flatMap(({ steps, aspects }) =>
    steps.flatMap((step) => aspects.map((aspect) => [step, aspect] as const)),
  )
  return {
    unlisted: differences.filter((its) => !pairs.some(([step, aspect]) => covers(step, aspect, its))),
    stale: pairs
      .filter(([step, aspect]) => !differences.some((its) => covers(step, aspect, its)))
      .map(([step, aspect]) => `${step}: ${aspect}`),
  }
}

function inBackticks(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map(([, text = '']) => text)
}
