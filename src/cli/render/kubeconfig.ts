import { parse } from 'yaml'
import { render } from './output.ts'

/** A kubeconfig of one cluster: as it is, as JSON, or only what identifies it. */
export async function renderKubeconfig(text: string, context: string, format: string): Promise<string> {
  if (format === 'yaml') return text
  const data = parse(text) as { readonly clusters: readonly { readonly cluster: { readonly server: string } }[] }
  const server = data.clusters[0]?.cluster.server ?? ''
  return await render({ columns: ['CONTEXT', 'SERVER'], rows: [[context, server]], names: [context], data }, format)
}
