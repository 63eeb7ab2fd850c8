#!/usr/bin/env bash
# Prints what explains a failure of this node, as text with headings.
# Output: sections on stdout. May be run at any time, changes nothing, tolerates whatever is missing.
set -uo pipefail

readonly lines=2000

section() {
  printf '\n===== %s\n' "$*"
  "$@" 2>&1 | tail -n "$lines" || true
}

section cat /kind/version
section cat /etc/hosts
section systemctl --no-pager --failed
section journalctl --no-pager --lines "$lines" --unit kubelet
section journalctl --no-pager --lines "$lines" --unit containerd
section journalctl --no-pager --lines "$lines" --boot
for log in /var/log/kina/*.log /var/log/pods/*/*/*.log; do
  [ -f "$log" ] || continue
  section cat "$log"
done
section crictl ps --all
section df -h /
