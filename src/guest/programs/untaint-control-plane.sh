#!/usr/bin/env bash
# Lets a control plane without workers take workloads and be seen by load balancers, as kind does. May be run again.
# Args: NODE
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

if kubectl get node "$1" --output=jsonpath='{.spec.taints[*].key}' | grep -qw node-role.kubernetes.io/control-plane; then
  kubectl taint node "$1" node-role.kubernetes.io/control-plane- >/dev/null
fi
kubectl label node "$1" node.kubernetes.io/exclude-from-external-load-balancers- >/dev/null
