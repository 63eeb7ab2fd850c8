#!/usr/bin/env bash
# What service addresses mean until kube-proxy translates them. That of the API server leads to it at once: CoreDNS starts before
# kube-proxy, and would wait for seconds after each lost connection. All others are rejected instead of timing out.
# kube-proxy's chains come first (at -100, or before the filter), so what it translates never meets these rules. May be run again.
# Args: CIDRS (joined by commas) [API_SERVICE API_SERVER] (their addresses)
set -euo pipefail

cidrs=$1
nft add table inet kina
nft flush table inet kina
for hook in forward output; do
  nft add chain inet kina "$hook" "{ type filter hook $hook priority filter ; }"
  for cidr in ${cidrs//,/ }; do
    family=ip
    case $cidr in *:*) family=ip6 ;; esac
    nft add rule inet kina "$hook" "$family" daddr "$cidr" reject
  done
done

[ $# -gt 1 ] || exit 0
service=$2 server=$3:6443 family=ip
case $service in *:*) family=ip6 server="[$3]:6443" ;; esac
for hook in prerouting output; do
  nft add chain inet kina "$hook-nat" "{ type nat hook $hook priority -90 ; }"
  nft add rule inet kina "$hook-nat" "$family" daddr "$service" tcp dport 443 dnat "$family" to "$server"
done
