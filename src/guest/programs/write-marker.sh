#!/usr/bin/env bash
# Marks the cluster of this control plane as finished.
# Stdin: JSON.
set -euo pipefail
cat >/kind/kina-created.new
mv -f /kind/kina-created.new /kind/kina-created
