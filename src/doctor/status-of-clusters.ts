import { clusterStatus, type ClusterStatus } from '../cluster/status.ts'
import type { Scene } from './scene.ts'

const asked = new WeakMap<Scene, Promise<readonly ClusterStatus[]>>()

/** The state of every finished cluster with a running control plane; asked once a scene. */
export function statusOfClusters(scene: Scene): Promise<readonly ClusterStatus[]> {
  const known = asked.get(scene) ?? ask(scene)
  asked.set(scene, known)
  return known
}

async function ask({ kina, clusters, completion }: Scene): Promise<readonly ClusterStatus[]> {
  const all = await clusters()
  const finished = await Promise.all(all.map(async (cluster) => (await completion(cluster)).is === 'finished'))
  return await Promise.all(all.filter((_, index) => finished[index]).map(({ name }) => clusterStatus(kina, name)))
}
