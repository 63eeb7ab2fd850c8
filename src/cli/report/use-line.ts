import { pasteable } from '../../apple-container/failures.ts'
import type { EventOf } from './reporter.ts'

/** How kubectl is asked about the new cluster. */
export function useLine({ context, kubeconfig }: EventOf<'cluster-ready'>): string {
  return `kubectl cluster-info --context ${context}${kubeconfig === undefined ? '' : ` --kubeconfig ${pasteable(kubeconfig)}`}`
}
