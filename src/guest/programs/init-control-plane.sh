#!/usr/bin/env bash
# Runs kubeadm init, once: a finished one is left alone, a half-made one is taken back first.
# Stdin: kubeadm's configuration.
set -euo pipefail
umask 077

readonly config=/kind/kubeadm.conf done=/var/lib/kina/init-done log=/var/log/kina/kubeadm-init.log

mkdir -p /var/lib/kina /var/log/kina
cat >"$config"
[ ! -f "$done" ] || exit 0

if [ -d /etc/kubernetes/manifests ] && [ -n "$(ls -A /etc/kubernetes/manifests)" ]; then
  kubeadm reset --force >>"$log" 2>&1
fi
if ! kubeadm init --config="$config" --skip-token-print >>"$log" 2>&1; then
  tail -n 40 "$log" >&2
  exit 1
fi
touch "$done"
