#!/usr/bin/env bash
# Waits until CoreDNS is rolled out. Says on stderr what it still waits for; the request's deadline ends it.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

until kubectl --namespace=kube-system rollout status deployment/coredns --timeout=30s 2>&1 | tee /dev/stderr | grep -q 'successfully rolled out'; do
  sleep 0.1
done
