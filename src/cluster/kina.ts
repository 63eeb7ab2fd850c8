import type { Host } from '../host/host.ts'
import type { Report } from '../plan/events.ts'
import type { Deadlines } from './deadlines.ts'

/** What every operation on a cluster is given. */
export interface Kina {
  readonly host: Host
  readonly report: Report
  readonly signal: AbortSignal
  readonly deadlines: Deadlines
  /** `KINA_TIMEOUT_SCALE`, for deadlines that belong to single operations. */
  readonly timeoutScale: number
  /** Id of this execution, the value of the label `io.kina.run`. */
  readonly run: string
  readonly version: string
  readonly product: 'kina' | 'kind'
}
