import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TarEntry } from '../lab/store/tar.ts'
import { makeImage, type TestImage } from './oci-images.ts'

/** An image as a node image carries it: in the store of its containerd, packed. */
export const packed = makeImage({
  reference: 'registry.k8s.io/pause:3.10',
  layers: [{ 'pause': 'a program', 'etc/.keep': '' }],
})

const [variant] = packed.platforms

/** Chain id of its only layer: there when it is unpacked. */
export const packedChain = variant?.diffIds[0] ?? ''

/** Images of a control plane, with programs that stand for theirs. */
export const controlPlaneImages: readonly TestImage[] = [
  programImage('registry.k8s.io/etcd:3.6.6-0', ['etcd', 'etcdctl', 'etcdutl']),
  programImage('registry.k8s.io/kube-apiserver:v1.37.0', ['kube-apiserver']),
]

function programImage(reference: string, programs: readonly string[]): TestImage {
  const folder = join(import.meta.dirname, '../lab/simulated/images')
  const files = programs.map((name) => [`usr/local/bin/${name}`, readFileSync(join(folder, name))] as const)
  return makeImage({ reference, layers: [Object.fromEntries(files)] })
}

/** Files of a simulated node image with that image in it, and others. */
export function packedImageFiles(others: readonly TestImage[] = []): readonly TarEntry[] {
  const folder = 'var/lib/lab-containerd'
  const all = [packed, ...others]
  const images = Object.fromEntries(all.map(({ reference, platforms: [its] }) => [reference, its?.manifest]))
  const state = { images, labels: {}, chains: [] }
  return [
    { name: `${folder}/state.json`, content: JSON.stringify(state) },
    ...all
      .flatMap(({ blobs }) => [...blobs])
      .map(([digest, content]) => ({
        name: `${folder}/blobs/${digest.replace('sha256:', '')}`,
        content,
      })),
  ]
}
