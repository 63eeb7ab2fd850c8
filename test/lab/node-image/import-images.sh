#!/usr/bin/env bash
# containerd of a node image that is being made takes in an OCI archive without unpacking any layer.
# Runs in mount and process namespaces of its own, which end with it.
# Args: ROOT ARCHIVE
set -euo pipefail

root=$1 archive=$2
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
touch "$root/run/images.tar"
mount --bind "$archive" "$root/run/images.tar"

chroot "$root" containerd --log-level warn &
daemon=$!
until chroot "$root" ctr version >/dev/null 2>&1; do
  kill -0 "$daemon"
  sleep 0.1
done
ctr() {
  chroot "$root" ctr --namespace k8s.io "$@"
}
ctr images import --no-unpack --all-platforms --digests=false /run/images.tar
# The kubelet never collects what is pinned.
for image in $(ctr images list --quiet); do
  ctr images label "$image" io.cri-containerd.pinned=pinned
done
kill "$daemon"
wait "$daemon" || true
