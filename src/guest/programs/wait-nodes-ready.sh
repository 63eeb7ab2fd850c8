#!/usr/bin/env bash
# Waits until nodes are Ready. Says on stderr what it still waits for; the request's deadline ends it.
# Args: NODE...
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf

last=
for node in "$@"; do
  # shellcheck disable=SC2016 # a jsonpath, not a variable
  until state=$(kubectl get node "$node" --output=jsonpath='{.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}' 2>&1) &&
    [ "${state%% *}" = True ]; do
    if [ "$state" != "$last" ]; then
      printf '%s is not Ready: %s\n' "$node" "${state#* }" >&2
      last=$state
    fi
    sleep 0.1
  done
done
