#!/usr/bin/env bash
# Runs a command in the control groups of another process, so that its limits hold for both.
# Args: PID COMMAND...
set -euo pipefail

pid=$1
shift
while IFS=: read -r _ controllers path; do
  case "$controllers" in
    '') folders=("/sys/fs/cgroup$path" "/sys/fs/cgroup/unified$path") ;;
    name=*) folders=("/sys/fs/cgroup/${controllers#name=}$path") ;;
    *) folders=("/sys/fs/cgroup/$controllers$path") ;;
  esac
  for folder in "${folders[@]}"; do
    if [ -w "$folder/cgroup.procs" ]; then echo "$$" >"$folder/cgroup.procs" 2>/dev/null || true; fi
  done
done <"/proc/$pid/cgroup"
exec "$@"
