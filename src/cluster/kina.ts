import type { Host } from '../host/host.ts'
import type { Report } from '../plan/events.ts'

/** How long things may take, milliseconds, already scaled; the table with the reasons is in config/defaults.ts. */
export interface Deadlines {
  readonly pullImage: number
  readonly create: number
  readonly start: number
  readonly sessionOpen: number
  readonly nodeReadyForKubeadm: number
  readonly kubeadmInit: number
  readonly kubeadmJoin: number
  readonly manifests: number
  readonly apiThroughPort: number
  readonly guestCommand: number
  readonly undo: number
  readonly evidence: number
  readonly delete: number
  readonly kubeconfigLock: number
}

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
