/** Something in a node that carries the node's address, which changes at nearly every start. */
export interface AddressPlace {
  readonly place: string
  readonly on: 'every node' | 'control planes'
  /** How the next start makes it true again. */
  readonly renewal: string
}

/**
 * Every place that carries a node's address, complete, so that one list decides what a start has to renew.
 * docs/architecture.md shows the same list. Facts: kubeadm 1.35 and the entrypoint of kindest/node (kind 0.33).
 */
export const addressPlaces: readonly AddressPlace[] = [
  { place: '/etc/hosts', on: 'every node', renewal: "kina's block is written again, then the kubelet is let go" },
  {
    place: '/etc/kubernetes/manifests/etcd.yaml',
    on: 'control planes',
    renewal: "rewritten by the node image's entrypoint",
  },
  {
    place: '/etc/kubernetes/manifests/kube-apiserver.yaml',
    on: 'control planes',
    renewal: "rewritten by the node image's entrypoint",
  },
  {
    place: '/etc/kubernetes/pki/apiserver.crt',
    on: 'control planes',
    renewal: 'issued again by the entrypoint, from /kind/kubeadm.conf',
  },
  {
    place: '/etc/kubernetes/pki/etcd/server.crt and peer.crt',
    on: 'control planes',
    renewal: 'to be issued again with kubeadm init phase certs',
  },
  ...['controller-manager.conf', 'scheduler.conf', 'kubelet.conf'].map((file): AddressPlace => ({
    place: `/etc/kubernetes/${file} (server)`,
    on: 'control planes',
    renewal: 'to be written again with kubeadm init phase kubeconfig',
  })),
  { place: "etcd's member list (peer URL)", on: 'control planes', renewal: 'to be changed with etcdctl member update' },
  { place: '/kind/kubeadm.conf', on: 'every node', renewal: 'rewritten by the entrypoint' },
  { place: '/kind/old-ipv4', on: 'every node', renewal: "the entrypoint's own record" },
  { place: '/var/lib/kubelet/kubeadm-flags.env (node-ip)', on: 'every node', renewal: 'rewritten by the entrypoint' },
]
