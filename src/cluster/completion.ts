import type { AppleContainer } from '../apple-container/apple-container.ts'
import type { ClusterRecord } from './inspect.ts'
import { readMarker, type Marker } from './marker.ts'

/** Whether the create of a cluster came to its end. */
export type Completion =
  | { readonly is: 'finished'; readonly marker: Marker }
  /** It certainly did not: nothing is lost when its nodes are removed. */
  | { readonly is: 'unfinished' }
  /** Its control plane does not run, so it cannot be asked: taken for somebody's cluster. */
  | { readonly is: 'stopped' }

/**
 * A control plane that runs has a marker, or has none. One that is stopped cannot be asked, and after a restart of the service or
 * of the Mac its container has no start date any more: then only a node that has never run tells.
 * @throws KinaError when a running control plane does not answer: that is no answer.
 */
export async function completionOf(
  apple: AppleContainer,
  { nodes }: ClusterRecord,
  within: number,
): Promise<Completion> {
  const controlPlanes = nodes.filter(({ role }) => role === 'control-plane')
  if (controlPlanes.length === 0) return { is: 'unfinished' }
  const running = controlPlanes.find(({ state }) => state === 'running')
  if (running) {
    const marker = await readMarker(apple, running.id, within)
    return marker ? { is: 'finished', marker } : { is: 'unfinished' }
  }
  for (const { id, state, everStarted } of nodes) {
    if (state !== 'running' && !everStarted && !(await apple.hasRun(id))) return { is: 'unfinished' }
  }
  return { is: 'stopped' }
}
