#!/usr/bin/env bash
# Runs kubeadm init, once: a finished one is left alone, a half-made one is taken back first. kubeadm asks at most 5 things a second
# of an API server, so its addons are made by processes of their own, and the manifests in /run/kina/manifests.yaml are applied,
# while its other phases go on. Manifests that cannot be had so early are left to apply-manifests.sh.
# Args: PHASES (to skip, joined by commas) [ADDON...]
# Stdin: kubeadm's configuration.
set -euo pipefail
umask 077

readonly config=/kind/kubeadm.conf done=/var/lib/kina/init-done
readonly log=/var/log/kina/kubeadm-init.log addons_log=/var/log/kina/kubeadm-addons.log
readonly manifests=/run/kina/manifests.yaml manifests_log=/var/log/kina/manifests.log

skipped=$1
addons=("${@:2}")
mkdir -p /var/lib/kina /var/log/kina
cat >"$config"
[ ! -f "$done" ] || exit 0

fail() { # LOG
  tail -n 40 "$1" >&2
  exit 1
}
make_addons() {
  local addon
  for addon in ${addons[@]+"${addons[@]}"}; do
    kubeadm init phase addon "$addon" --config="$config" >>"$addons_log" 2>&1 || return 1
  done
}
apply() {
  kubectl --kubeconfig=/etc/kubernetes/admin.conf apply --server-side --force-conflicts --validate=false \
    --filename="$manifests" >>"$manifests_log" 2>&1 && mv "$manifests" "$manifests.applied"
}

if [ -d /etc/kubernetes/manifests ] && [ -n "$(ls -A /etc/kubernetes/manifests)" ]; then
  kubeadm reset --force >>"$log" 2>&1
fi
before=$(stat --format=%s "$log" 2>/dev/null || echo 0)
kubeadm init --config="$config" --skip-phases="$skipped" --skip-token-print >>"$log" 2>&1 &
init=$!
# The first phase after the wait for the API server. Where this line does not come, all comes after kubeadm.
until tail -c "+$((before + 1))" "$log" | grep -q '^\[upload-config\]' || ! kill -0 "$init" 2>/dev/null; do
  sleep 0.05
done
make_addons &
making=$!
apply &
applying=$!
wait "$init" || fail "$log"
wait "$making" || fail "$addons_log"
wait "$applying" || true
touch "$done"
