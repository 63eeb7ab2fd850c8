import type { GuestProgram, GuestRequest } from '../guest/program.ts'
import { KinaError } from '../errors.ts'
import { runInNode, type CreateRun } from './create-run.ts'

/**
 * What kubectl prints while etcd or the API server are busy or still settle, as on a slow disk (kubernetes/kubernetes,
 * staging/src/k8s.io/apimachinery/pkg/api/errors; etcd, server/etcdserver/errors). Asked again a moment later, they answer.
 */
const passing =
  /etcdserver: (request timed out|leader changed|no leader|too many requests)|\((Timeout|ServiceUnavailable|TooManyRequests)\)|currently unable to handle the request|in the time allotted|connection to the server .* was refused|connection refused|connection lost|connection reset by peer|TLS handshake timeout|unexpected EOF/

/** Whether a failure of kubectl is one that passes. @param said its stderr. */
export function isPassingFailure(said: string): boolean {
  return passing.test(said)
}

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
