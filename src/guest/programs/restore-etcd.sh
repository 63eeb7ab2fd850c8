#!/usr/bin/env bash
# Gives a new control plane the first content of etcd that came with its prepared disk, as a cluster of etcd of its own: with ids
# that no other has. Where there is none, or where it fails, etcd begins empty, as it does without prepared disks.
# Args: NODE ADDRESS
set -euo pipefail
umask 077

readonly kept=/var/lib/kina/etcd data=/var/lib/etcd
node=$1 address=$2

if ! [ -f "$kept/snapshot.db" ] || [ -d "$data/member" ]; then exit 0; fi
case $address in
*:*) peer="https://[$address]:2380" ;;
*) peer="https://$address:2380" ;;
esac
if ! said=$("$kept/etcdutl" snapshot restore "$kept/snapshot.db" --data-dir "$data" --name "$node" \
  --initial-cluster "$node=$peer" --initial-advertise-peer-urls "$peer" \
  --initial-cluster-token "$(cat /proc/sys/kernel/random/uuid)" 2>&1); then
  rm -rf "$data"
  printf '%s\n' "$said" | tail -n 5 >&2
  exit 1
fi
# It is of no use any more, and would be a riddle to whoever finds it.
rm -rf "$kept"
