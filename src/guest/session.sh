#!/usr/bin/env bash
# The agent of a node session: reads requests from stdin, runs one at a time under its deadline, answers on stdout.
# Args: MARK (random, begins every answer) [STATE_FOLDER] [LOCK_SECONDS]
#
# Request: a line "ID DEADLINE_SECONDS SCRIPT_BYTES STDIN_BYTES ARG_BYTES...", then the bytes of each in this order.
# Answer:  a line "MARK ID EXIT_CODE STDOUT_BYTES STDERR_BYTES exited|timed-out", then the bytes of both.
# The first answer has the id "hello" and no bytes. Ends at the end of its input.
set -u
umask 077

readonly mark=$1
readonly state=${2:-/var/lib/kina}
readonly lock_seconds=${3:-30}
# Between TERM and KILL of a request that is over its time.
readonly grace_seconds=3

mkdir -p "$state/session"
chmod 700 "$state" "$state/session"

# Field 22 of /proc/PID/stat tells a process from a later one with the same number; field 2 may hold blanks.
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # the fields are numbers and one letter
  set -- ${stat##*) }
  printf '%s' "${20}"
}

# What a lost session left: its agent, and the process group of the request that it was running.
end_leftover() {
  local pid started
  [ -f "$state/session/$1" ] || return 0
  read -r pid started <"$state/session/$1" || return 0
  if [ "$(start_time "$pid")" = "$started" ]; then
    kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
    for _ in $(seq 1 60); do
      [ "$(start_time "$pid")" = "$started" ] || break
      sleep 0.05
    done
    kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null
  fi
  rm -f "$state/session/$1"
}

end_leftover agent
end_leftover request

exec 9>"$state/session/lock"
if ! flock -w "$lock_seconds" 9; then
  echo "another session holds $state/session/lock" >&2
  exit 75
fi
printf '%s %s\n' "$$" "$(start_time "$$")" >"$state/session/agent"

scratch=$(mktemp -d "$state/session/scratch.XXXXXX")
request=
finish() {
  [ -z "$request" ] || kill -TERM -- "-$request" 2>/dev/null
  rm -rf "$scratch" "$state/session/agent" "$state/session/request"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

printf '%s hello 0 0 0 exited\n' "$mark"

while read -r id deadline script_bytes stdin_bytes arg_bytes; do
  head -c "$script_bytes" >"$scratch/script"
  head -c "$stdin_bytes" >"$scratch/stdin"
  args=()
  for bytes in $arg_bytes; do
    # The full stop keeps newlines at the end of an argument, which $() would drop.
    arg=$(head -c "$bytes" && printf .)
    args+=("${arg%.}")
  done

  # A session and process group of its own, so that all of it can be ended; the agent's lock and stdin stay here.
  setsid timeout --kill-after="$grace_seconds" "$deadline" \
    bash "$scratch/script" ${args[@]+"${args[@]}"} \
    <"$scratch/stdin" >"$scratch/stdout" 2>"$scratch/stderr" 9>&- &
  request=$!
  printf '%s %s\n' "$request" "$(start_time "$request")" >"$state/session/request"
  wait "$request"
  code=$?
  # Whatever the program left in its group goes with it.
  kill -KILL -- "-$request" 2>/dev/null
  rm -f "$state/session/request"
  request=

  ended=exited
  # timeout says 124, or 137 when it had to kill.
  if [ "$code" = 124 ] || [ "$code" = 137 ]; then ended=timed-out; fi
  printf '%s %s %s %s %s %s\n' "$mark" "$id" "$code" \
    "$(stat -c %s "$scratch/stdout")" "$(stat -c %s "$scratch/stderr")" "$ended"
  cat "$scratch/stdout" "$scratch/stderr"
  rm -f "$scratch/stdin" "$scratch/stdout" "$scratch/stderr" "$scratch/script"
done
