#!/usr/bin/env bash
# Rejects what goes to a service address that nothing translates yet, instead of leaving it to time out: CoreDNS starts
# before kube-proxy and would wait 30 s for each lost connection. kube-proxy translates earlier, so good traffic never
# meets the rule. May be run again.
# Args: CIDR...
set -euo pipefail

nft add table inet kina
nft flush table inet kina
for hook in forward output; do
  nft add chain inet kina "$hook" "{ type filter hook $hook priority filter ; }"
  for cidr in "$@"; do
    family=ip
    case $cidr in *:*) family=ip6 ;; esac
    nft add rule inet kina "$hook" "$family" daddr "$cidr" reject
  done
done
