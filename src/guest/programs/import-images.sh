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

# From containerd 2.0 on ctr passes the archive to the daemon in small pieces, unless it is told to read it by itself
# (https://github.com/containerd/containerd/pull/9432), which takes half as long. 1.6 knows no other way, and no option for it.
own=()
case $(ctr images import --help 2>/dev/null) in *--local*) own=(--local) ;; esac
ctr images import "${own[@]}" --all-platforms --snapshotter "$snapshotter" - >/dev/null
