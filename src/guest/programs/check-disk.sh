#!/usr/bin/env bash
# Looks whether this node has the prepared disk that it is meant to have. Changes nothing.
# Args: ID
# Exit 30 with the reason on stderr: it has not.
set -euo pipefail

if ! mountpoint --quiet /var; then
  echo 'nothing is mounted at /var' >&2
  exit 30
fi
found=$(cat /var/lib/kina/prepared-disk 2>/dev/null || true)
if [ "$found" != "$1 $(cat /kind/version)" ]; then
  echo "the disk at /var says \"${found:-nothing}\" of itself" >&2
  exit 30
fi
