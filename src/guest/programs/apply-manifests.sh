#!/usr/bin/env bash
# Applies manifests in one stream, as soon as the API server answers. May be run again.
# Stdin: YAML documents.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

until kubectl get --raw=/readyz >/dev/null 2>&1; do
  sleep 0.1
done
kubectl apply --server-side --force-conflicts --filename=- >/dev/null
