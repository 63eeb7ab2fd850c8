#!/usr/bin/env bash
# Keeps containerd's collector away from blobs and unpacked layers until the hold is removed: a small blob of its own that is a
# root and refers to them. ctr can make leases, but put nothing into one.
# Args: SNAPSHOTTER NOW (seconds since 1970)
# Stdin: lines "blob DIGEST" and "chain ID"; what is not there is held in vain.
# Output: the digest of the hold.
set -euo pipefail

snapshotter=$1 now=$2
# What a run that was killed has left is given back after this time.
readonly longest_seconds=7200

ctr() { command ctr --namespace k8s.io "$@"; }

ctr content ls 'labels."io.kina.hold"' | awk -v before="$((now - longest_seconds))" '
  match($0, /io\.kina\.hold=[0-9]+/) && substr($0, RSTART + 13, RLENGTH - 13) + 0 < before { print $1 }
' | while read -r left; do ctr content rm "$left" >/dev/null || true; done

text=$(cat && printf 'hold %s %s\n' "$now" "$$")
digest=sha256:$(printf '%s' "$text" | sha256sum | cut -d ' ' -f 1)
labels=("containerd.io/gc.root=$now" "io.kina.hold=$now")
number=0
while read -r kind what _; do
  number=$((number + 1))
  case "$kind" in
    blob) labels+=("containerd.io/gc.ref.content.kina.$number=$what") ;;
    chain) labels+=("containerd.io/gc.ref.snapshot.$snapshotter/kina.$number=$what") ;;
  esac
done <<<"$text"

# Without its labels the blob itself may be collected; then it is written again.
for _ in 1 2 3; do
  printf '%s' "$text" | ctr content ingest --expected-size "${#text}" --expected-digest "$digest" "kina-hold-$digest" >/dev/null
  if ctr content label "$digest" "${labels[@]}" >/dev/null; then
    printf '%s\n' "$digest"
    exit 0
  fi
done
echo 'the blob that holds others was collected three times' >&2
exit 1
