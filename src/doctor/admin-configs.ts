import type { NodeRecord } from '../cluster/inspect.ts'
import { readAdminConf, type AdminCredentials } from '../kubernetes/kubeconfig.ts'
import type { Scene } from './scene.ts'

interface AdminConfig {
  /** The control plane that it is from. */
  readonly node: NodeRecord
  readonly credentials: AdminCredentials
}

const asked = new WeakMap<Scene, Promise<readonly AdminConfig[]>>()

/** The administrator's credentials of every finished cluster with a running control plane; asked once a scene, shown to nobody. */
export function adminConfigs(scene: Scene): Promise<readonly AdminConfig[]> {
  const known = asked.get(scene) ?? ask(scene)
  asked.set(scene, known)
  return known
}

async function ask({ kina, apple, clusters, completion }: Scene): Promise<readonly AdminConfig[]> {
  const all = await clusters()
  const found = await Promise.all(
    all.map(async (cluster): Promise<readonly AdminConfig[]> => {
      const node = cluster.nodes.find(({ role, state }) => role === 'control-plane' && state === 'running')
      if (!node || (await completion(cluster)).is !== 'finished') return []
      const { exitCode, stdout } = await apple.exec(node.id, ['cat', '/etc/kubernetes/admin.conf'], {
        within: kina.deadlines.guestCommand,
        signal: kina.signal,
      })
      return exitCode === 0 ? [{ node, credentials: readAdminConf(stdout) }] : []
    }),
  )
  return found.flat()
}
