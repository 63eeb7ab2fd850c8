import { connect } from './connect.ts'
import { clustersAmong, type ClusterRecord, type NodeRecord } from './inspect.ts'
import type { Kina } from './kina.ts'

/** Every cluster with its nodes. */
export async function listClusters(kina: Kina): Promise<readonly ClusterRecord[]> {
  return clustersAmong(await connect(kina).list())
}

/** Nodes of one cluster, or of all when no name is given. */
export async function listNodes(kina: Kina, cluster: string | undefined): Promise<readonly NodeRecord[]> {
  const clusters = await listClusters(kina)
  return clusters.filter(({ name }) => cluster === undefined || name === cluster).flatMap(({ nodes }) => nodes)
}
