#!/usr/bin/env bash
# Prints the nodes of the cluster as Kubernetes has them, JSON.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
kubectl --request-timeout=5s get nodes --output=json
