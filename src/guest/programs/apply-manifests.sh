#!/usr/bin/env bash
# Applies manifests in one stream, as soon as the API server answers. May be run again.
# Stdin: YAML documents.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

until last=$(kubectl get --raw=/readyz 2>&1); do
  sleep 0.1
done
[ -n "$last" ] || true
kubectl apply --server-side --force-conflicts --filename=- >/dev/null
