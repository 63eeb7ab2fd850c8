#!/usr/bin/env bash
# Writes a file, whole or not at all.
# Args: PATH MODE. Stdin: the content.
set -euo pipefail
(umask 022 && mkdir -p -- "$(dirname -- "$1")")
umask 077
temporary=$(mktemp -- "$1.XXXXXX")
trap 'rm -f -- "$temporary"' EXIT
cat >"$temporary"
chmod -- "$2" "$temporary"
mv -f -- "$temporary" "$1"
