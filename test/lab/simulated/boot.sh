#!/usr/bin/env bash
# Builds a guest's view of the world in a fresh set of namespaces and becomes its first process.
# Args: ROOT HOSTNAME PRIVATE_LOCAL LAB_FOLDER BOUNDING_SET COUNT WORD... [SOURCE TARGET HOW]...
# COUNT words are the first process; the entrypoint of a node image is played by init.sh.
# BOUNDING_SET as setpriv wants it, empty for all capabilities. HOW is rw, ro, volume-rw, volume-ro (SOURCE is a disk),
# masked or read-only (SOURCE is not looked at, a TARGET that is missing is left out).
# LAB_FOLDER holds links to what is mounted under /lab: bun, guest, node_modules, net and the guests of this lab.
set -euo pipefail

root=$1 name=$2 local=$3 lab=$4 bounding_set=$5 count=$6
shift 6
first=("${@:1:count}")
shift "$count"
if [ "${first[0]}" = /usr/local/bin/entrypoint ]; then first=(/usr/bin/bash /lab/guest/init.sh); fi

mount --bind "$root" "$root"
mount --bind /usr "$root/usr"
mount -o remount,bind,ro "$root/usr"
mount --bind "$local" "$root/usr/local"
# Debian's awk and others are links into this folder.
if [ -d /etc/alternatives ]; then
  mkdir -p "$root/etc/alternatives"
  mount --bind /etc/alternatives "$root/etc/alternatives"
  mount -o remount,bind,ro "$root/etc/alternatives"
fi
mount -t proc proc "$root/proc"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
# A file is mounted on a file, a folder on a folder.
bind() {
  if [ -d "$1" ]; then
    mkdir -p "$2"
  else
    mkdir -p "$(dirname "$2")"
    touch "$2"
  fi
  mount --bind "$1" "$2"
}
for part in "$lab"/*; do
  bind "$(readlink -f "$part")" "$root/lab/${part##*/}"
done
while [ $# -ge 3 ]; do
  target=$root$2
  case "$3" in
    rw | ro)
      bind "$1" "$target"
      [ "$3" = rw ] || mount -o remount,bind,ro "$target"
      ;;
    volume-*)
      mkdir -p "$target"
      mount -t ext4 -o "loop,${3#volume-}" "$1" "$target"
      ;;
    masked)
      if [ -d "$target" ]; then
        mount -t tmpfs -o ro,size=0 tmpfs "$target"
      elif [ -e "$target" ]; then
        mount --bind /dev/null "$target"
      fi
      ;;
    read-only)
      if [ -e "$target" ]; then mount -o bind,ro "$target" "$target"; fi
      ;;
  esac
  shift 3
done
hostname "$name"
limit=()
if [ -n "$bounding_set" ]; then limit=(/usr/bin/setpriv --bounding-set "$bounding_set" --); fi
exec chroot "$root" ${limit[@]+"${limit[@]}"} "${first[@]}"
