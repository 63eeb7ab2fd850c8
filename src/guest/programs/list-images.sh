#!/usr/bin/env bash
# Says what containerd of a node has of images. Changes nothing.
# Output: lines "snapshotter NAME", "image NAME DIGEST SIZE...", "blob DIGEST" and "chain ID" (a layer that is unpacked).
set -euo pipefail

# The snapshotter that pods get, in the form of configuration version 2 or of 3 and later. All is read: who writes into a pipe that
# is closed fails.
snapshotter=$(containerd config dump | awk -F '=' '
  /^ *\[/ { here = /io\.containerd\.grpc\.v1\.cri["'\'']\.containerd\]|io\.containerd\.cri\.v1\.images["'\'']\]/ }
  here && /^ *snapshotter *=/ { gsub(/[ "'\'']/, "", $2); print $2; here = 0 }
')
[ -n "$snapshotter" ] || {
  echo 'containerd config dump names no snapshotter' >&2
  exit 1
}
printf 'snapshotter %s\n' "$snapshotter"
ctr --namespace k8s.io images ls | awk 'NR > 1 { print "image", $1, $3, $4, $5 }'
ctr --namespace k8s.io content ls --quiet | awk '{ print "blob", $1 }'
ctr --namespace k8s.io snapshots --snapshotter "$snapshotter" ls | awk 'NR > 1 && $NF == "Committed" { print "chain", $1 }'
