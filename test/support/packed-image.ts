import type { TarEntry } from '../lab/store/tar.ts'
import { makeImage } from './oci-images.ts'

/** An image as a node image carries it: in the store of its containerd, packed. */
export const packed = makeImage({
  reference: 'registry.k8s.io/pause:3.10',
  layers: [{ 'pause': 'a program', 'etc/.keep': '' }],
})

const [variant] = packed.platforms

/** Chain id of its only layer: there when it is unpacked. */
export const packedChain = variant?.diffIds[0] ?? ''

/** Files of a simulated node image with that image in it. */
export function packedImageFiles(): readonly TarEntry[] {
  const folder = 'var/lib/lab-containerd'
  const state = { images: { [packed.reference]: variant?.manifest }, labels: {}, chains: [] }
  return [
    { name: `${folder}/state.json`, content: JSON.stringify(state) },
    ...[...packed.blobs].map(([digest, content]) => ({
      name: `${folder}/blobs/${digest.replace('sha256:', '')}`,
      content,
    })),
  ]
}
