#!/usr/bin/env bash
# Fills the empty volume that is mounted at /var to make a prepared disk of it: all that the node image has at /var, its images
# unpacked, and nothing else. It runs in a container of the node image in which nothing was started, so there are no keys, no
# tokens and no names of a node that could get onto it. Programs that fill-etcd.sh needs are put outside the disk.
set -euo pipefail
umask 022

readonly programs=/run/kina/programs
readonly patience=600 # tries, 50 ms each, until containerd answers

below=$(mktemp -d /tmp/kina.XXXXXX)
# A bind mount of the root alone shows what the volume hides.
mount --bind / "$below"
rest=$(find /var -mindepth 1 -not -name lost+found -print -quit)
if [ -n "$rest" ] || ! mountpoint --quiet /var; then
  echo "/var is not an empty volume: ${rest:-nothing is mounted there}" >&2
  exit 1
fi
cp -a "$below/var/." /var/
umount "$below"

log=$(mktemp /tmp/containerd.XXXXXX)
containerd --log-level warn >"$log" 2>&1 &
daemon=$!
tries=0
until ctr version >/dev/null 2>&1; do
  tries=$((tries + 1))
  if ! kill -0 "$daemon" 2>/dev/null || [ "$tries" -ge "$patience" ]; then
    tail -n 20 "$log" >&2
    exit 1
  fi
  sleep 0.05
done

# As list-images.sh finds it.
snapshotter=$(containerd config dump | awk -F '=' '
  /^ *\[/ { here = /io\.containerd\.grpc\.v1\.cri["'\'']\.containerd\]|io\.containerd\.cri\.v1\.images["'\'']\]/ }
  here && /^ *snapshotter *=/ { gsub(/[ "'\'']/, "", $2); print $2; here = 0 }
')
images=$(ctr --namespace k8s.io images ls | awk 'NR > 1 { print $1, $3 }')
awk 'NF { print $2 }' <<<"$images" | sort -u | while read -r digest; do
  ctr --namespace k8s.io snapshots --snapshotter "$snapshotter" unpack "$digest" >/dev/null
done

# While containerd can show what is in them. An image without them costs the disk etcd's first content, no more.
mkdir -p "$programs"
for part in etcd kube-apiserver; do
  # kindest/node's have the architecture in their names as well.
  reference=$(awk -v "its=/$part(-[a-z0-9]+)?:" '$1 ~ its { found = $1 } END { print found }' <<<"$images")
  [ -n "$reference" ] || continue
  # A place of its own for each: its snapshot has the same name, and may still be there for a moment.
  shown=$(mktemp -d /tmp/kina-image.XXXXXX)
  ctr --namespace k8s.io images mount --snapshotter "$snapshotter" "$reference" "$shown" >/dev/null || continue
  for program in etcd etcdctl etcdutl kube-apiserver; do
    if [ -f "$shown/usr/local/bin/$program" ]; then cp "$shown/usr/local/bin/$program" "$programs/"; fi
  done
  ctr --namespace k8s.io images unmount --rm "$shown" >/dev/null
done

kill "$daemon"
wait "$daemon" || true
