#!/usr/bin/env bash
# Prints the mark of a finished cluster; nothing where its create has not come to its end.
set -euo pipefail
[ ! -e /kind/kina-created ] || cat /kind/kina-created
