#!/usr/bin/env bash
# Ends the making of a prepared disk at /var: nothing is on it by which one machine is told from another, and it says what it is.
# Args: ID (what the disk is to be known by)
# Output: a line "version V" (of Kubernetes).
set -euo pipefail
umask 022

# containerd and the machine make new ones where there are none. systemd takes the second for its own where the image has no
# /etc/machine-id.
rm -rf /var/lib/containerd/io.containerd.grpc.v1.introspection
if [ -f /var/lib/dbus/machine-id ] && ! [ -L /var/lib/dbus/machine-id ]; then rm /var/lib/dbus/machine-id; fi

mkdir -p /var/lib/kina
chmod 700 /var/lib/kina
version=$(cat /kind/version)
printf '%s %s\n' "$1" "$version" >/var/lib/kina/prepared-disk
sync
# All is on the disk, which is as clean as after an unmount: whoever ends this container next may do so at once.
mount -o remount,ro /var
printf 'version %s\n' "$version"
