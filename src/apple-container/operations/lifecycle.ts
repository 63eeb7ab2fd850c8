import { isMissing } from '../failures.ts'
import type { Operation } from '../operation.ts'

/** Boots the VM; returns when the guest agent has started PID 1. */
export function startContainer(name: string): Operation<void> {
  return { argv: ['start', name], does: `start container "${name}"`, within: 60_000, parse: () => undefined }
}

/** Missing containers fail the call even with `--force`, though the others are removed: for kina that is success. */
export function removeContainers(names: readonly string[]): Operation<void> {
  return {
    argv: ['delete', '--force', ...names],
    does: `delete ${names.join(', ')}`,
    within: 60_000,
    parse: () => undefined,
    alsoFine: (result) => isMissing(result) && onlyMissing(result.stderr),
  }
}

/** Several failures come one a line; each line must be about a container that is gone. */
function onlyMissing(stderr: string): boolean {
  const lines = stderr.split('\n').filter((line) => /Error|internalError|cause/.test(line))
  return lines.every((line) => /not found|failed to delete one or more/.test(line))
}

export function readLogs(name: string, what: 'boot' | 'console'): Operation<string> {
  return {
    argv: ['logs', ...(what === 'boot' ? ['--boot'] : []), name],
    does: `read the ${what} log of "${name}"`,
    within: 20_000,
    parse: (stdout) => stdout,
  }
}

/** Before the first start there are no logs. `list` cannot tell: the service forgets start dates when it is restarted. */
export function hasRun(name: string): Operation<boolean> {
  return {
    argv: ['logs', '-n', '1', name],
    does: `look whether "${name}" has ever run`,
    within: 20_000,
    parse: (_stdout, exitCode) => exitCode === 0,
    alsoFine: isMissing,
  }
}

export function inspectContainer(name: string): Operation<string> {
  return { argv: ['inspect', name], does: `inspect "${name}"`, within: 12_000, parse: (stdout) => stdout }
}
