#!/usr/bin/env bash
# Prints a file.
# Args: PATH
set -euo pipefail
cat -- "$1"
