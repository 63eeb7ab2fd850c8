import type { Deadlines } from '../cluster/deadlines.ts'

/** Every default in one place, each with its reason. */
export const defaults = {
  /** Separate from kind's, so that both tools can be used side by side. */
  clusterName: { kina: 'kina', kind: 'kind' },
  /** `container`'s own default; VMs share the Mac's cores, so more costs nothing while it is idle. */
  cpus: 4,
  /** `container` gives 1 GiB, too little for a control plane. macOS commits memory only when it is used. */
  memory: '4g',
  /** kind's subnets, so that what users wrote for kind fits. */
  podSubnet: { ipv4: '10.244.0.0/16', ipv6: 'fd00:10:244::/56', dual: '10.244.0.0/16,fd00:10:244::/56' },
  serviceSubnet: { ipv4: '10.96.0.0/16', ipv6: 'fd00:10:96::/112', dual: '10.96.0.0/16,fd00:10:96::/112' },
  /** Loopback: nobody else's machine reaches the API server. */
  apiServerAddress: { ipv4: '127.0.0.1', ipv6: '::1', dual: '127.0.0.1' },
  /** kind's: what a pod serves is meant to be reached. */
  listenAddress: { ipv4: '0.0.0.0', ipv6: '::', dual: '0.0.0.0' },
  /** A create that has ended is a cluster to work with. kind does not wait. */
  waitMs: { kina: 5 * 60_000, kind: 0 },
  /** Some fifty node images; `KINA_CACHE_MAX_SIZE` has the last word. */
  imageCacheSize: '20g',
  /** Of that size, what prepared disks may take beside the images: some four of them. */
  preparedShare: 0.25,
} as const

/** Longest name of a container (that of every release of `container`) and of a label's value in Kubernetes. */
export const longestNodeName = 63

const second = 1000
const minute = 60 * second

/** What everything may take, milliseconds on a healthy machine, and why; `KINA_TIMEOUT_SCALE` multiplies all of it. */
const unscaled: Deadlines = {
  // Several hundred MB over a slow line.
  pullImage: 15 * minute,
  // The first create of an image unpacks it; the client itself gives up after 60 s and is asked again once.
  create: 3 * minute,
  // A boot takes under a second; the first after an install prepares kernel and init disk.
  start: 60 * second,
  // Half a gigabyte is copied and a dozen images are unpacked, by a machine that may have few processors.
  prepareDisk: 10 * minute,
  // An exec waits for the boots before it, then for bash.
  sessionOpen: 30 * second,
  // What a node has run is over; its answer goes through one pipe.
  answerMargin: 7 * second,
  // systemd and containerd of a kindest/node are up within a few seconds.
  nodeReadyForKubeadm: 60 * second,
  // kubeadm itself waits 4 minutes for the kubelet and the control plane.
  kubeadmInit: 5 * minute,
  // kubeadm waits 5 minutes for discovery and the kubelet.
  kubeadmJoin: 5 * minute,
  // The API server has answered before; its storage may still be settling.
  manifests: 2 * minute,
  // A published port forwards at once; a dialogue about Local Network privacy holds it back.
  apiThroughPort: 30 * second,
  // Reading or writing one small file.
  guestCommand: 30 * second,
  // Behind the boots of somebody else; what takes longer hangs.
  serviceLock: 20 * second,
  // One answer of an API server that is up.
  apiAnswer: 5 * second,
  // Deleting what a failed create made, all calls together.
  undo: 2 * minute,
  // Logs of nodes that may be ill; what takes longer is left out.
  evidence: 30 * second,
  // Forced delete ends a VM within 5 s and then cleans up, one node after another.
  delete: 60 * second,
  // kubectl holds the lock of a kubeconfig for milliseconds.
  kubeconfigLock: 10 * second,
  // Others hold the lock of the image cache while they write small files and remove large ones.
  cacheLock: 60 * second,
  // Copied, taken apart and unpacked into a disk by the service, for a gigabyte or two.
  loadIntoStore: 10 * minute,
  // A registry that is silent for so long in the middle of an answer will not go on.
  registryStall: 60 * second,
  // A node may have logged gigabytes.
  exportLogs: 10 * minute,
  // Lists of what a node has; ctr reads every manifest for them.
  lookAtImages: 60 * second,
  // Gigabytes to several nodes, and unpacked there.
  loadImages: 30 * minute,
}

export function deadlines(scale: number): Deadlines {
  return Object.fromEntries(Object.entries(unscaled).map(([what, ms]) => [what, ms * scale])) as unknown as Deadlines
}
