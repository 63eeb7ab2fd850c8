#!/bin/sh
# Hides paths of a guest and makes others read-only, in its own mount namespace.
# Args: [masked|read-only PATH]...
set -eu

while [ $# -ge 2 ]; do
  if [ "$1" = masked ] && [ -d "$2" ]; then
    mount -t tmpfs -o ro,size=0 tmpfs "$2"
  elif [ "$1" = masked ] && [ -e "$2" ]; then
    mount --bind /dev/null "$2"
  elif [ "$1" = read-only ] && [ -e "$2" ]; then
    mount -o bind,ro "$2" "$2"
  fi
  shift 2
done
