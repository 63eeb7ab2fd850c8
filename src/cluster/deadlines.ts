/** How long things may take, milliseconds, already scaled; the table with the reasons is in config/defaults.ts. */
export interface Deadlines {
  readonly pullImage: number
  readonly create: number
  readonly start: number
  readonly prepareDisk: number
  readonly sessionOpen: number
  readonly answerMargin: number
  readonly nodeReadyForKubeadm: number
  readonly kubeadmInit: number
  readonly kubeadmJoin: number
  readonly manifests: number
  readonly apiThroughPort: number
  readonly guestCommand: number
  readonly serviceLock: number
  readonly apiAnswer: number
  readonly undo: number
  readonly evidence: number
  readonly delete: number
  readonly kubeconfigLock: number
  readonly exportLogs: number
  readonly cacheLock: number
  readonly registryStall: number
  readonly lookAtImages: number
  readonly loadImages: number
  readonly loadIntoStore: number
}
