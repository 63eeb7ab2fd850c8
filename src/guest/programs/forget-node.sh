#!/usr/bin/env bash
# Takes a node out of the API server, so that one of its name may join. May be run again.
# Args: NODE
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

kubectl delete node "$1" --ignore-not-found >/dev/null
