import type { LoadMeasured, LoadRound } from './load-round.ts'
import { median } from './page.ts'
import { spreadOf, verdict, type Around } from './report.ts'
import type { Tool } from './tools.ts'

interface Row {
  readonly title: string
  /** Largest ratio of kina to kind that is good enough. */
  readonly budget?: number
  readonly unfair?: string
}

const rows: Readonly<Record<Exclude<keyof LoadMeasured, 'peak'>, Row>> = {
  fresh: { title: 'an archive that is new to the nodes', budget: 0.6 },
  again: { title: 'the same archive again', budget: 0.1 },
  rebuilt: { title: 'an archive with one small new layer', budget: 0.15 },
  stored: {
    title: 'from the image store, new to the nodes',
    unfair: "kind saves from podman, kina from the stand-in's store, which is no measure of Apple's",
  },
}

/** Largest memory of kina in a load, megabytes. */
const peakBudget = 120

/** What was measured. */
export interface Loads {
  readonly rounds: readonly LoadRound[]
  /** Whose load failed in each round that was broken off and measured once more. */
  readonly failed: readonly Tool['name'][]
}

/** The section of docs/benchmarks.md about loads, in Markdown. */
export function loadSection({ rounds, failed }: Loads, nodes: number, { machine, versions, warmUp }: Around): string {
  const lines = Object.entries(rows).map(([key, { title, budget, unfair = '' }]) => {
    const name = key as keyof typeof rows
    const ratio = median(rounds.map(({ kina, kind }) => kina[name] / kind[name]))
    const spread = (tool: 'kina' | 'kind'): string =>
      spreadOf(
        rounds.map((round) => round[tool][name]),
        's',
      )
    return `| ${title} | ${ratio.toFixed(3)} | ${budget ?? ''} | ${verdict(ratio, budget)} | ${spread('kina')} | ${spread('kind')} | ${unfair} |`
  })
  const peakOf = (tool: 'kina' | 'kind'): number => Math.max(...rounds.map((round) => round[tool].peak)) / 1e6
  const peak = peakOf('kina')
  return `A 500 MB image of 2000 files in two layers, as \`podman save\` writes it, into the ${nodes} nodes of one cluster for each tool; every
round has new content. A ratio is the median over ${rounds.length} round${rounds.length === 1 ? '' : 's'} of kina's seconds by kind's in the same round, after ${warmUp} to warm up.

| Load | Ratio | Budget | | kina | kind | Not fair because |
| --- | --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

- kina's peak memory in any of these: ${peak.toFixed(0)} MB, budget ${peakBudget} MB, ${verdict(peak, peakBudget)}; kind's: ${peakOf('kind').toFixed(0)} MB.
${failed.map((tool) => `- In a round that is not counted a load by ${tool} failed.\n`).join('')}- ${machine}
${versions.map((line) => `- ${line}\n`).join('')}`
}
