#!/usr/bin/env bash
# Runs kubeadm join, once: a finished one is left alone, a half-made one is taken back first.
# Stdin: kubeadm's configuration.
set -euo pipefail
umask 077

readonly config=/kind/kubeadm.conf done=/var/lib/kina/join-done log=/var/log/kina/kubeadm-join.log

mkdir -p /var/lib/kina /var/log/kina
cat >"$config"
[ ! -f "$done" ] || exit 0

if [ -f /etc/kubernetes/kubelet.conf ]; then
  kubeadm reset --force >>"$log" 2>&1
fi
if ! kubeadm join --config="$config" >>"$log" 2>&1; then
  tail -n 40 "$log" >&2
  exit 1
fi
touch "$done"
