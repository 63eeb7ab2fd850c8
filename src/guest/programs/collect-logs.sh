#!/usr/bin/env bash
# Writes what this node has logged to stdout, as a tar archive with kind's names. Changes nothing, tolerates what is missing.
set -uo pipefail

mkdir -p /var/lib/kina
folder=$(mktemp -d /var/lib/kina/logs.XXXXXX)
trap 'rm -rf "$folder"' EXIT

keep() {
  local name=$1
  shift
  "$@" >"$folder/$name" 2>&1 || true
}

keep kubernetes-version.txt cat /kind/version
keep journal.log journalctl --no-pager
keep kubelet.log journalctl --no-pager --unit=kubelet.service
keep containerd.log journalctl --no-pager --unit=containerd.service
keep images.log crictl images
keep alternatives.log cat /var/log/alternatives.log

# All of /var/log, as kind has it: what links lead to, and not the links, which would lead somewhere else on the host. Logs grow
# while they are read and links lead nowhere, and that is no failure.
tar --dereference --hard-dereference --ignore-failed-read -cf - -C "$folder" . -C /var/log . 2>/dev/null
[ $? -le 1 ]
