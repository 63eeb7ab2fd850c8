#!/usr/bin/env bash
# Builds a guest's view of the world in a fresh set of namespaces and becomes its first process.
# Args: ROOT HOSTNAME PRIVATE_LOCAL LAB_FOLDER PROC_SYS(rw|ro) [SOURCE TARGET rw|ro]...
# LAB_FOLDER holds links to what is mounted under /lab: bun, guest, node_modules, net and the guests of this lab.
set -euo pipefail

root=$1 name=$2 local=$3 lab=$4 proc_sys=$5
shift 5

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
  bind "$1" "$root$2"
  [ "$3" = rw ] || mount -o remount,bind,ro "$root$2"
  shift 3
done
[ "$proc_sys" = rw ] || mount -o bind,ro "$root/proc/sys" "$root/proc/sys"
hostname "$name"
exec chroot "$root" /usr/bin/bash /lab/guest/init.sh
