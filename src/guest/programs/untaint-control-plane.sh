#!/usr/bin/env bash
# Lets a control plane without workers take workloads and be seen by load balancers, as kind does. May be run again.
# Args: NODE
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

taints=$(kubectl label node "$1" node.kubernetes.io/exclude-from-external-load-balancers- --output=jsonpath='{.spec.taints[*].key}')
# kubeadm is told to give it none; a patch may say otherwise.
if grep -qw node-role.kubernetes.io/control-plane <<<"$taints"; then
  kubectl taint node "$1" node-role.kubernetes.io/control-plane- >/dev/null
fi
