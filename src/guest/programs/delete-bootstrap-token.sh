#!/usr/bin/env bash
# Deletes a bootstrap token. May be run again.
# Stdin: the token's id, the part before the full stop.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
read -r id
kubectl --namespace=kube-system delete secret "bootstrap-token-$id" --ignore-not-found >/dev/null
