import type { AppleContainer } from '../../apple-container/apple-container.ts'
import { KinaError } from '../../errors.ts'
import { listImages } from '../../guest/programs.ts'
import type { Kina } from '../kina.ts'

/** What containerd of a node has of images. */
export interface NodeImages {
  readonly node: string
  readonly snapshotter: string
  /** By name; the digest is that of a manifest or index. */
  readonly images: ReadonlyMap<string, { readonly digest: string; readonly size: string }>
  readonly blobs: ReadonlySet<string>
  /** Chain ids of layers that are unpacked. */
  readonly chains: ReadonlySet<string>
}

/** @throws KinaError `node-command-failed` when the node cannot say. */
export async function imagesIn(kina: Kina, apple: AppleContainer, node: string): Promise<NodeImages> {
  const { exitCode, stdout, stderr } = await apple.exec(node, ['bash', '-c', listImages.text, listImages.name], {
    within: kina.deadlines.lookAtImages,
    signal: kina.signal,
  })
  if (exitCode !== 0) {
    throw new KinaError('node-command-failed', `Cannot list the images in "${node}"`, {
      seen: stderr.trim().split('\n').slice(-5),
      hint: `See whether containerd runs there: kina exec ${node} -- systemctl status containerd`,
    })
  }
  return parseNodeImages(node, stdout)
}

/** @param text what list-images.sh prints. */
export function parseNodeImages(node: string, text: string): NodeImages {
  const images = new Map<string, { digest: string; size: string }>()
  const blobs = new Set<string>()
  const chains = new Set<string>()
  let snapshotter = ''
  for (const line of text.split('\n')) {
    const [kind, name = '', digest = '', ...size] = line.split(' ')
    if (kind === 'snapshotter') snapshotter = name
    if (kind === 'image') images.set(name, { digest, size: size.join(' ') })
    if (kind === 'blob') blobs.add(name)
    if (kind === 'chain') chains.add(name)
  }
  return { node, snapshotter, images, blobs, chains }
}
