import type { FaultEffect } from '../lab/faults.ts'
import type { RecordedCall } from './recorded-calls.ts'

/** What can become of a call of `container`. */
export const callFaults = [
  'fails transiently',
  'fails for good',
  'hangs (client)',
  'hangs (service)',
  'caller killed',
  'service lost',
  'answer is garbage',
  'answer is of another version',
] as const

export type CallFault = (typeof callFaults)[number]

const effects: Readonly<Record<CallFault, { readonly do: FaultEffect; readonly times?: number }>> = {
  'fails transiently': {
    do: { fail: { message: 'internalError: "XPC timeout for request to com.apple.container.apiserver/lab"' } },
  },
  'fails for good': { do: { fail: { message: 'internalError: "the store is broken"' } }, times: 1_000_000 },
  'hangs (client)': { do: { hang: 'client' } },
  'hangs (service)': { do: { hang: 'service' } },
  // What it asked for is done after it has gone.
  'caller killed': { do: { endCaller: true, slowMs: 200 } },
  'service lost': { do: { loseService: true } },
  'answer is garbage': { do: { answer: 'garbage' } },
  'answer is of another version': { do: { answer: 'older' } },
}

/** The value of LAB_FAULTS with which this happens at this call. */
export function labFaults(fault: CallFault, { at }: RecordedCall): string {
  return JSON.stringify([{ ...at, ...effects[fault] }])
}

export type Command = 'create' | 'delete' | 'create --if-not-exists'

/** How a run must end. */
export interface Ending {
  readonly exitCode: number
  /** In what it says on stderr. */
  readonly says: RegExp
}

const anything = /(?:)/

/**
 * How each fault must end, by the kind of call that it happens to: the specification that the generated cases are held against.
 * Exit codes: 0 the fault makes no difference or is overcome, 1 failed, 3 host not ready, 4 nothing touched, 5 out of time.
 */
export function endingOf(command: Command, { kind, nth }: RecordedCall, fault: CallFault): Ending {
  const done: Ending = { exitCode: 0, says: anything }
  // Only advice depends on its answer; but a service that is gone, or hangs, is met by the next call.
  if (kind === 'system status' && !['hangs (service)', 'caller killed', 'service lost'].includes(fault)) return done
  switch (fault) {
    case 'fails transiently':
      // Tried again: what is known to pass. A session that is lost is opened again.
      if (kind === 'create' || kind === 'network list') return { exitCode: 0, says: /Try again after/ }
      if (kind === 'session') return done
      return { exitCode: 1, says: /XPC timeout/ }
    case 'fails for good':
      return { exitCode: 1, says: /the store is broken/ }
    case 'hangs (client)':
      return { exitCode: 5, says: /no answer (after|within) |the container service does not answer/ }
    case 'hangs (service)':
      // Lists are answered without the lock: behind the last call that takes it, nobody notices.
      if (command === 'delete' && kind === 'list' && nth === 2) return done
      return { exitCode: 5, says: /"container system stop"/ }
    case 'caller killed':
      return { exitCode: 137, says: anything }
    case 'service lost':
      if (kind !== 'system version') return { exitCode: 3, says: /does not run[\s\S]*container system start/ }
      // Created by a service that starts; a cluster that was there is stopped, and is not touched.
      return command === 'create'
        ? { exitCode: 0, says: /Start the container service/ }
        : { exitCode: 4, says: /Cannot use cluster "kina": it is stopped/ }
    case 'answer is garbage':
      // Nothing is read from these, and their work is done. A session that speaks nonsense is opened again.
      if (['create', 'start', 'delete', 'session'].includes(kind)) return done
      if (kind !== 'exec') return { exitCode: 1, says: /answered in another form/ }
      return { exitCode: 1, says: nth === 1 ? /Cannot tell whether the create/ : /Cannot read the kubeconfig/ }
    case 'answer is of another version':
      if (kind === 'system version') return { exitCode: 3, says: /0\.9\.0: it is older than 1\.0\.0/ }
      // An empty list looks the same in every version.
      if (kind === 'list' && (command === 'create' || (command === 'delete' && nth === 2))) return done
      if (kind === 'list' || kind === 'image list') return { exitCode: 1, says: /answered in another form/ }
      if (kind === 'create') return { exitCode: 1, says: /Unknown option '--masked-path'/ }
      return done
  }
}
