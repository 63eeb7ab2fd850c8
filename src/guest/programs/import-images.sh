#!/usr/bin/env bash
# Takes images into containerd from an OCI layout on stdin, and unpacks them. Layers that are unpacked already need not be in it.
# Args: SNAPSHOTTER [HOLD]
# The hold is removed in the end, whatever happens.
set -uo pipefail

snapshotter=$1 hold=${2:-}

ctr() { command ctr --namespace k8s.io "$@"; }
release() { [ -z "$hold" ] || ctr content rm "$hold" >/dev/null 2>&1; }
trap release EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

ctr images import --all-platforms --snapshotter "$snapshotter" - >/dev/null
