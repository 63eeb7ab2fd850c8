#!/usr/bin/env bash
# Applies /run/kina/manifests.yaml in one stream, as soon as the API server answers, unless that has been done. May be run again.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
readonly manifests=/run/kina/manifests.yaml

[ -f "$manifests" ] || exit 0
until kubectl get --raw=/readyz >/dev/null 2>&1; do
  sleep 0.1
done
# The API server checks what it takes anyway; kubectl would fetch the description of every group for it.
kubectl apply --server-side --force-conflicts --validate=false --filename="$manifests" >/dev/null
mv "$manifests" "$manifests.applied"
