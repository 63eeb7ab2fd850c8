#!/usr/bin/env bash
# Gives images that are there further names. A name that another image has is taken from it.
# Args: [NAME NEW_NAME]...
set -euo pipefail

while [ $# -ge 2 ]; do
  ctr --namespace k8s.io images tag --force "$1" "$2" >/dev/null
  shift 2
done
