import type { Formatters } from './reporter.ts'
import { useLine } from './use-line.ts'

/** kind's texts where tools look for them (kind 0.33, `pkg/internal/cli` and `pkg/cluster/internal/create`); the steps are kina's own. */
export function kindLines(plain: Formatters): Formatters {
  return {
    ...plain,
    'step-ended': (event) => {
      if (event.outcome === 'failed' || event.outcome === 'interrupted') return ` ✗ ${event.title}`
      // What sets the context says so in the end, as a line that holds nothing else.
      return event.outcome === 'skipped' || event.step === 'write-kubeconfig' ? undefined : ` ✓ ${event.title}`
    },
    'warning': ({ message, hint }) => (hint === undefined ? message : `${message}; ${underKindsName(hint)}`),
    'cluster-ready': (event) =>
      `Set kubectl context to "${event.context}"\nYou can now use your cluster with:\n\n${useLine(event)}\n`,
    'error': ({ message, hint, seen }) =>
      [
        `ERROR: ${message}`,
        ...seen.map((line) => `  ${line}`),
        ...(hint === undefined ? [] : [`What to do: ${underKindsName(hint)}`]),
      ].join('\n'),
  }
}

/** Commands to run are written for `kina`. */
function underKindsName(hint: string): string {
  return hint.replaceAll(/"kina (?=[a-z])/g, '"kind ')
}
