import type { ClusterSpec } from '../../src/cluster/spec.ts'
import { resolve, type Wishes } from '../../src/config/resolve.ts'

/** The spec of a cluster named `dev` on a Mac, from a file without its header. */
export function specOf(file = '', wishes: Partial<Wishes> = {}): ClusterSpec {
  const text = `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: dev\n${file}`
  return resolve(
    { allowDegraded: false, file: { text, source: 'c.yaml' }, ...wishes },
    { product: 'kina', env: {}, arch: 'arm64', cwd: '/work' },
  ).spec
}

/** The same with workers. */
export function specWithWorkers(workers: number): ClusterSpec {
  const entries = Array.from({ length: workers }, () => '- role: worker\n')
  return specOf(`nodes:\n- role: control-plane\n${entries.join('')}`)
}
