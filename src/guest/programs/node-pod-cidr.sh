#!/usr/bin/env bash
# Waits until a node has been given its pod range and prints it: one CIDR, or two joined by a comma.
# Args: NODE
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

until cidrs=$(kubectl get node "$1" --output=jsonpath='{.spec.podCIDRs[*]}' 2>/dev/null) && [ -n "$cidrs" ]; do
  sleep 0.1
done
printf '%s\n' "${cidrs// /,}"
