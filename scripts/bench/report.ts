import { measureNames, measureOf, preparedBudgets, type Measured, type Round } from './measures.ts'
import { median } from './page.ts'

/** Rounds by number of nodes. */
export type Results = ReadonlyMap<number, readonly Round[]>

/** Largest share of a create's time that kina itself may compute, its largest memory, and its delete against the bare call. */
const ownBudgets = { cpuShare: 0.03, peakMegabytes: 120, bareDelete: 1.5 } as const

export interface Around {
  readonly machine: string
  /** Names and versions of all that took part, one sentence each. */
  readonly versions: readonly string[]
  readonly rounds: number
  readonly warmUp: number
  /** Seconds that it took to prepare a disk; undefined where kina's nodes were made without. */
  readonly preparedIn?: number
}

/** The section of docs/benchmarks.md, in Markdown. */
export function benchSection(results: Results, { machine, versions, rounds, warmUp, preparedIn }: Around): string {
  const isPrepared = preparedIn !== undefined
  const rows = [...results].flatMap(([nodes, its]) => comparisonRows(nodes, its, isPrepared))
  const own = [...results].flatMap(([nodes, its]) => ownRows(nodes, its))
  return `Real nodes on Linux (the podman backend of [test/lab](../test/lab/README.md)), kina and kind in turns, each first in every other
round. A ratio is the median over ${rounds} round${rounds === 1 ? '' : 's'} of kina's value by kind's in the same round${warmUp > 0 ? `, after ${warmUp} to warm up` : ', without one to warm up'}. In brackets
the least and the most. Times are counted from the start of the create.

| Nodes | Until, or what | Ratio | Budget | | kina | kind | Not fair because |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

kina alone:

| Nodes | What | Value | Budget | |
| --- | --- | --- | --- | --- |
${own.join('\n')}

- ${machine}
${versions.map((line) => `- ${line}\n`).join('')}- kina runs with \`--wait 0s\`, as kind does by itself. A Mac boots a VM where this lab starts a container.
${isPrepared ? `- kina's nodes are clones of a disk that \`kina cache warm\` had made before, in ${preparedIn.toFixed(1)} s; kind has nothing like it.\n` : ''}`
}

function comparisonRows(nodes: number, rounds: readonly Round[], isPrepared: boolean): readonly string[] {
  return measureNames.map((name) => {
    const { title, unit, budget: plain, unfair = '' } = measureOf(name)
    const budgets = isPrepared ? preparedBudgets[name] : plain
    const ratio = median(rounds.map(({ kina, kind }) => kina[name] / kind[name]))
    const spread = (tool: 'kina' | 'kind'): string =>
      spreadOf(
        rounds.map((round) => inUnit(round[tool], name)),
        unit,
      )
    const budget = budgets?.[nodes]
    return `| ${nodes} | ${title} | ${ratio.toFixed(2)} | ${budget ?? ''} | ${verdict(ratio, budget)} | ${spread('kina')} | ${spread('kind')} | ${unfair} |`
  })
}

function ownRows(nodes: number, rounds: readonly Round[]): readonly string[] {
  const { cpuShare, peakMegabytes, bareDelete } = ownBudgets
  const share = median(rounds.map(({ kina }) => kina.cpu / kina.returned))
  const peak = Math.max(...rounds.map(({ kina }) => inUnit(kina, 'peak')))
  const deletes = median(rounds.map((round) => round.kina.deleted / round.bareDelete))
  const bare = spreadOf(
    rounds.map((round) => round.bareDelete),
    's',
  )
  return [
    `| ${nodes} | its own CPU time by the time of the create, median | ${(share * 100).toFixed(1)} % | ${cpuShare * 100} % | ${verdict(share, cpuShare)} |`,
    `| ${nodes} | its peak memory in a create, most of all rounds | ${peak.toFixed(0)} MB | ${peakMegabytes} MB | ${verdict(peak, peakMegabytes)} |`,
    `| ${nodes} | delete by \`container delete --force\` of the same nodes (${bare}), median | ${deletes.toFixed(2)} | ${bareDelete} | ${verdict(deletes, bareDelete)} |`,
  ]
}

function inUnit(measured: Measured, name: keyof Measured): number {
  return measureOf(name).unit === 'MB' ? measured[name] / 1e6 : measured[name]
}

/** Median, least and most, with the unit. */
export function spreadOf(values: readonly number[], unit: 's' | 'MB'): string {
  const digits = unit === 'MB' ? 0 : Math.max(...values) < 1 ? 2 : 1
  const [least, middle, most] = [Math.min(...values), median(values), Math.max(...values)]
  return `${middle.toFixed(digits)} ${unit} (${least.toFixed(digits)}-${most.toFixed(digits)})`
}

/** Whether a value keeps its budget, in words. */
export function verdict(value: number, budget: number | undefined): string {
  return budget === undefined ? '' : value <= budget ? 'met' : '**missed**'
}
