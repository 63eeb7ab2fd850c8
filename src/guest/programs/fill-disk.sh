#!/usr/bin/env bash
# Makes a prepared disk of the empty volume that is mounted at /var: all that the node image has at /var, its images unpacked, and
# nothing else. It runs in a container of the node image in which nothing was started, so there are no keys, no tokens and no
# names of a node that could get onto it.
# Args: ID (what the disk is to be known by)
# Output: lines "version V" (of Kubernetes) and "snapshotter NAME".
set -euo pipefail
umask 022

id=$1
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
ctr --namespace k8s.io images ls | awk 'NR > 1 { print $3 }' | sort -u | while read -r digest; do
  ctr --namespace k8s.io snapshots --snapshotter "$snapshotter" unpack "$digest" >/dev/null
done

kill "$daemon"
wait "$daemon" || true
# By these containerd and the machine tell themselves from others; both make new ones where there are none. systemd takes the
# second for its own where the image has no /etc/machine-id.
rm -rf /var/lib/containerd/io.containerd.grpc.v1.introspection
if [ -f /var/lib/dbus/machine-id ] && ! [ -L /var/lib/dbus/machine-id ]; then rm /var/lib/dbus/machine-id; fi

mkdir -p /var/lib/kina
chmod 700 /var/lib/kina
version=$(cat /kind/version)
printf '%s %s\n' "$id" "$version" >/var/lib/kina/prepared-disk
sync
# All is on the disk, which is as clean as after an unmount: whoever ends this container next may do so at once.
mount -o remount,ro /var
printf 'version %s\nsnapshotter %s\n' "$version" "$snapshotter"
