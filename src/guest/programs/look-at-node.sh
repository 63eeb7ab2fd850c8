#!/usr/bin/env bash
# Tells what can be wrong in a running node. Changes nothing, tolerates whatever is missing.
# Output: lines "KEY VALUE".
set -uo pipefail

yes_if() {
  if "${@:2}" >/dev/null 2>&1; then echo "$1 yes"; else echo "$1 no"; fi
}

echo "clock $(date +%s)"
yes_if nf-tables nft list tables
yes_if proc-sys-writable test -w /proc/sys/net/ipv4/ip_forward
# "Use%" and then " 43%".
echo "disk-used $(df --output=pcent / 2>/dev/null | tr -dc '0-9')"
# The kubelet is held back until this boot's addresses are in /etc/hosts.
yes_if hosts-complete test -e /run/kina/hosts-complete
yes_if containerd-active systemctl is-active --quiet containerd
yes_if kubelet-active systemctl is-active --quiet kubelet
yes_if offloads-segments grep -q '^tcp-segmentation-offload: on' <(ethtool -k eth0 2>/dev/null)
# A name that every cluster needs to pull images.
yes_if resolves timeout 5 getent ahosts registry.k8s.io
echo "version $(cat /kind/version 2>/dev/null)"
