import type { GuestProgram, GuestRequest } from '../guest/program.ts'
import { KinaError } from '../errors.ts'
import { isPassingFailure } from '../kubernetes/passing-failure.ts'
import { runInNode, type CreateRun } from './create-run.ts'

const firstPauseMs = 100
const longestPauseMs = 2000

/**
 * Runs a node program that changes something through the API server and may be run again: as long as the server is only late,
 * it is run again, until the request's deadline.
 * @throws KinaError what `runInNode` throws, of the last attempt.
 */
export async function askApiServer(
  { kina, sessions }: Pick<CreateRun, 'kina' | 'sessions'>,
  node: string,
  program: GuestProgram,
  request: GuestRequest & { readonly signal: AbortSignal },
): Promise<void> {
  const { clock } = kina.host
  const end = clock.now() + request.within
  for (let attempt = 1; ; attempt++) {
    try {
      await runInNode(sessions, node, program, { ...request, within: end - clock.now() })
      return
    } catch (error) {
      const afterMs = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs)
      const said = error instanceof KinaError && error.code === 'node-command-failed' ? error.seen.join('\n') : ''
      if (!isPassingFailure(said) || clock.now() + afterMs >= end) throw error
      kina.report({ kind: 'retry', what: `${program.name} in ${node}`, attempt, afterMs, reason: said })
      await clock.sleep(afterMs, request.signal)
    }
  }
}
