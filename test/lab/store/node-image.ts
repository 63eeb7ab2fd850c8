/** The node image of simulated guests: a real image, small, whose files are those that kina reads in a node. */
import { gzipSync } from 'node:zlib'
import { digestOf, mediaTypes, writeBlob, type Descriptor, type ImageConfig, type Index } from './content.ts'
import { withImages, writeImage, type StoredImage } from './images.ts'
import { hostPlatform } from './platform.ts'
import { fullReference } from './reference.ts'
import { tarOf, type TarEntry } from './tar.ts'

const cniManifest = `# would you kindly template this file
# would you kindly patch this file
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: kindnet
  namespace: kube-system
spec:
  template:
    spec:
      containers:
      - name: kindnet-cni
        env:
        - name: POD_SUBNET
          value: {{ .PodSubnet }}
`

const storageManifest = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations:
    storageclass.kubernetes.io/is-default-class: "true"
provisioner: rancher.io/local-path
`

const containerdConfig = `version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
`

/** The Kubernetes that the tag of the reference claims, v1.35.5 where it claims none. */
function versionOf(reference: string): string {
  return /:(v\d+\.\d+\.\d+[^@]*)/.exec(reference)?.[1] ?? 'v1.35.5'
}

/**
 * Puts a node image into the store, as if it had been pulled. A published image that is named by its digest cannot be had here:
 * its index is one of ours under that digest, the only blob of a store whose name is not its own.
 * @param more further files, such as the images that a real one has.
 */
export async function seedNodeImage(root: string, text: string, more: readonly TarEntry[] = []): Promise<StoredImage> {
  const layer = tarOf([
    { name: 'kind/version', content: `${versionOf(text)}\n` },
    { name: 'kind/manifests/default-cni.yaml', content: cniManifest },
    { name: 'kind/manifests/default-storage.yaml', content: storageManifest },
    { name: 'etc/containerd/config.toml', content: containerdConfig },
    ...more,
  ])
  const platform = hostPlatform()
  const { architecture, os } = platform
  const config: ImageConfig = {
    architecture,
    os,
    created: '2026-05-20T11:03:09.123Z',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'container=docker'],
      Entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'],
      StopSignal: 'SIGRTMIN+3',
      WorkingDir: '/',
    },
    history: [{ created: '2026-05-20T11:03:09.123Z', created_by: 'lab' }],
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  }
  const blob = (mediaType: string, bytes: string | Uint8Array): Descriptor => ({
    mediaType,
    digest: writeBlob(root, bytes),
    size: bytes.length,
  })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: blob(mediaTypes.config, JSON.stringify(config)),
    layers: [blob(mediaTypes.layer, gzipSync(layer))],
  })
  const index: Index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [{ ...blob(mediaTypes.manifest, manifest), platform }],
  }
  const bytes = JSON.stringify(index)
  const [, pinned] = /@(sha256:[0-9a-f]{64})$/.exec(text) ?? []
  const digest = writeBlob(root, bytes, pinned ?? digestOf(bytes))
  const image = {
    reference: fullReference(text),
    descriptor: { mediaType: mediaTypes.index, digest, size: bytes.length },
  }
  await withImages(root, () => writeImage(root, image))
  return image
}
