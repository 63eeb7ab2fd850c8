#!/usr/bin/env bash
# Waits until containerd answers; the request's deadline ends it.
set -euo pipefail

until ctr version >/dev/null 2>&1; do
  sleep 0.05
done
