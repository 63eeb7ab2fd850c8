import { pasteable } from '../../apple-container/failures.ts'
import type { PhaseTime } from '../../plan/events.ts'
import { kindLines } from './kind-lines.ts'
import type { Formatters } from './reporter.ts'
import { useLine } from './use-line.ts'

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function phaseLine(phases: readonly PhaseTime[]): string {
  return phases.map(({ phase, ms }) => `${phase} ${seconds(ms)}`).join(', ')
}

export interface LineOptions {
  /** From 1, commands and reasons of waiting are shown as well. */
  readonly verbosity: number
  readonly product: 'kina' | 'kind'
}

/** Events as lines of text without any decoration; undefined is not shown. */
export function plainLines({ verbosity, product }: LineOptions): Formatters {
  const ifVerbose = (text: string): string | undefined => (verbosity > 0 ? text : undefined)
  const lines: Formatters = {
    'run-started': () => undefined,
    'run-ended': ({ ms, exitCode }) => ifVerbose(`Ended with exit code ${exitCode} after ${seconds(ms)}`),
    'step-started': ({ title }) => ifVerbose(`Begin: ${title}`),
    'step-ended': ({ title, ms, outcome, reason }) => {
      if (outcome === 'done') return `${title} (${seconds(ms)})`
      if (outcome === 'skipped') return `${title}: skipped, ${reason}`
      return `${title}: ${outcome} after ${seconds(ms)}`
    },
    'waiting': ({ step, reason }) => ifVerbose(`Waiting (${step}): ${reason}`),
    'command': ({ argv, ms, exitCode }) =>
      ifVerbose(`$ ${argv.map(shortened).join(' ')}  # exit ${exitCode}, ${seconds(ms)}`),
    'retry': ({ what, attempt, afterMs, reason }) =>
      `Try again after ${seconds(afterMs)} (${attempt}): ${what}: ${reason}`,
    // A line that is drawn over, on a terminal alone.
    'progress': () => undefined,
    'warning': ({ message, hint }) => `Warning: ${message}${hint === undefined ? '' : `; ${hint}`}`,
    'notice': ({ message }) => message,
    'evidence-saved': ({ folder }) => `Evidence of the failure is in ${folder}`,
    'cluster-ready': (event) =>
      `${event.phases.length > 0 ? `Times: ${phaseLine(event.phases)}\n` : ''}You can now use your cluster with:\n\n${useLine(event)}\n`,
    'error': ({ code, message, hint, seen, help }) =>
      [
        `Error: ${message}`,
        ...seen.map((line) => `  ${line}`),
        ...(hint === undefined ? [] : [`What to do: ${hint}`]),
        `Code: ${code}, see ${help}`,
      ].join('\n'),
  }
  return product === 'kind' ? kindLines(lines) : lines
}

/** The text of the agent on a command line would hide all else. */
function shortened(word: string): string {
  return word.includes('\n') ? `'${word.split('\n')[0]?.slice(0, 40)}…'` : pasteable(word)
}
