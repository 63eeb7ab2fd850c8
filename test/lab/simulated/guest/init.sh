#!/usr/bin/env bash
# Stands for the entrypoint of a node image, then for systemd: PID 1 of a guest.
printf entrypoint >/proc/1/comm
trap 'exit 0' TERM RTMIN+3
mkdir -p /run/lab /var/log/lab
systemctl daemon-reload
systemctl start containerd
printf systemd >/proc/1/comm
echo 'Reached target Multi-User System.'
# A kubelet that has been configured starts at boot, unless a condition holds it back.
if [ -f /var/lib/kubelet/config.yaml ]; then systemctl start kubelet; fi
while :; do
  sleep infinity &
  wait "$!"
done
