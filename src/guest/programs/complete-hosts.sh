#!/usr/bin/env bash
# Writes the nodes of the cluster into /etc/hosts and lets the kubelet go. May be run again, with more nodes.
# Stdin: lines "ADDRESS NAME".
set -euo pipefail

readonly begin='# kina: nodes of this cluster' end='# kina: end'

block=$(cat)
rest=$(awk -v begin="$begin" -v end="$end" '
  $0 == begin { inside = 1 }
  !inside { print }
  $0 == end { inside = 0 }
' /etc/hosts)
# Written in place: the file may be a mount, which cannot be replaced by a rename.
printf '%s\n%s\n%s\n%s\n' "$rest" "$begin" "$block" "$end" >/etc/hosts

mkdir -p /run/kina
touch /run/kina/hosts-complete
# After a boot the kubelet was held back; before kubeadm has written its configuration there is nothing to start.
if [ -f /var/lib/kubelet/config.yaml ] && ! systemctl is-active --quiet kubelet; then
  systemctl start kubelet
fi
