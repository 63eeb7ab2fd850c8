#!/usr/bin/env bash
# Runs in the root of a node image that is being made: containerd takes in /images.tar without unpacking any layer.
set -euo pipefail

containerd --log-level warn &
daemon=$!
until ctr version >/dev/null 2>&1; do
  kill -0 "$daemon"
  sleep 0.1
done
ctr --namespace k8s.io images import --no-unpack --all-platforms --digests=false --label io.cri-containerd.pinned=pinned /images.tar
ctr --namespace k8s.io images list --quiet
kill "$daemon"
wait "$daemon" || true
