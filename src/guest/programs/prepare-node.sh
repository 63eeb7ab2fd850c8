#!/usr/bin/env bash
# Makes a booted node fit for kubeadm and says what it is. May be run again.
# Args: IP_FAMILY (ipv4, ipv6 or dual)
# Output: lines "version V", "address A" and, for dual, "second-address A".
# Exit 20: the kernel has no nf_tables. Exit 21: /proc/sys is read-only. Exit 22: an IPv6 address is wanted and there is none.
set -euo pipefail

# Fails also where it has an answer: while the system starts, and where a unit has failed, which is no matter here.
system_state() {
  systemctl is-system-running 2>/dev/null || true
}

# kindest/node's entrypoint replaces itself with systemd; before that /run and /tmp are not what they will be.
until [ "$(cat /proc/1/comm)" = systemd ] && system_state | grep -Eq '^(running|degraded|starting)$'; do
  sleep 0.05
done

if ! nft list tables >/dev/null 2>&1; then
  echo "kernel $(uname -r): nft cannot list tables" >&2
  exit 20
fi
if ! [ -w /proc/sys/net/ipv4/ip_forward ]; then
  echo "/proc/sys/net/ipv4/ip_forward cannot be written" >&2
  exit 21
fi
echo 1 >/proc/sys/net/ipv4/ip_forward

# Large sends stall on vmnet while the sender offloads segmentation (apple/container#2245).
if ! ethtool -K eth0 tso off gso off >/dev/null 2>&1; then
  echo "ethtool cannot switch segmentation offload off on eth0" >&2
fi

# Pods may ask for mount propagation.
mount --make-rshared / 2>/dev/null || echo "/ cannot be made a shared mount" >&2

# The kubelet waits until /etc/hosts names the nodes: hostNetwork pods copy that file when they start.
dropin=/etc/systemd/system/kubelet.service.d/20-kina-hosts.conf
if ! [ -f "$dropin" ]; then
  mkdir -p "${dropin%/*}"
  printf '[Unit]\nConditionPathExists=/run/kina/hosts-complete\n' >"$dropin"
  systemctl daemon-reload
fi

address() {
  ip "$@" -o addr show dev eth0 scope global | awk '{ sub("/.*", "", $4); print $4; exit }'
}

printf 'version %s\n' "$(cat /kind/version)"
if [ "$1" = ipv4 ]; then
  printf 'address %s\n' "$(address -4)"
  exit 0
fi
six=$(address -6)
if [ -z "$six" ]; then
  echo 'eth0 has no global IPv6 address' >&2
  exit 22
fi
if [ "$1" = ipv6 ]; then
  printf 'address %s\n' "$six"
else
  printf 'address %s\nsecond-address %s\n' "$(address -4)" "$six"
fi
