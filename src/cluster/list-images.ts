import { connect } from './connect.ts'
import type { Kina } from './kina.ts'
import { chooseNodes } from './load/choose-nodes.ts'
import { imagesIn } from './load/node-images.ts'

/** An image in the nodes of a cluster. */
export interface NodeImage {
  readonly name: string
  readonly digest: string
  /** As containerd shows it, `12.3 MiB`. */
  readonly size: string
  /** Nodes that have it under this name with this digest. */
  readonly nodes: readonly string[]
}

/** By name; what containerd keeps under a digest alone has other names as well and is left out. */
export async function listImages(kina: Kina, cluster: string): Promise<readonly NodeImage[]> {
  const apple = connect(kina)
  const nodes = chooseNodes(await apple.list({ signal: kina.signal }), cluster, [])
  const all = await Promise.all(nodes.map(({ id }) => imagesIn(kina, apple, id)))
  const images = new Map<string, NodeImage>()
  for (const { node, images: its } of all) {
    for (const [name, { digest, size }] of its) {
      if (name.startsWith('sha256:')) continue
      const key = `${name} ${digest}`
      const before = images.get(key)
      images.set(key, { name, digest, size, nodes: [...(before?.nodes ?? []), node] })
    }
  }
  return [...images.values()].toSorted((a, b) => a.name.localeCompare(b.name))
}
