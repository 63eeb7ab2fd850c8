import type { StepTime, Timings } from '../../cluster/timings.ts'
import { seconds } from '../report/lines.ts'
import { render } from './output.ts'

/** Characters of a bar, for the whole run. */
const barWidth = 40

/** Runs as they were kept, or a table for each: when every step began, how long it took, and a bar for both. */
export async function renderTimings(runs: readonly Timings[], format: string): Promise<string> {
  if (format !== 'table') {
    return await render({ columns: [], rows: [], names: runs.map(({ run }) => run), data: runs }, format)
  }
  const tables = runs.map((its) =>
    render(
      {
        title: `${its.command}, run ${its.run} at ${its.at}: ${seconds(its.ms)}, exit code ${its.exitCode}, ${its.commands} calls, kina ${its.version}`,
        columns: ['FROM', 'TIME', 'PHASE', 'STEP', 'OUTCOME', 'TIMELINE'],
        rows: its.steps.map((step) => [
          seconds(step.from),
          seconds(step.ms),
          step.phase,
          step.step,
          step.outcome,
          bar(step, its.ms),
        ]),
        names: [],
        data: its,
      },
      'table',
    ),
  )
  return (await Promise.all(tables)).join('\n')
}

/** A step of any length shows at least one mark, and none goes beyond the end. */
function bar({ from, ms }: StepTime, whole: number): string {
  const place = (at: number): number => Math.min(barWidth, Math.round((at / Math.max(whole, 1)) * barWidth))
  const start = Math.min(place(from), barWidth - 1)
  const length = Math.max(1, place(from + ms) - start)
  return `${'·'.repeat(start)}${'█'.repeat(length)}${'·'.repeat(barWidth - start - length)}`
}
