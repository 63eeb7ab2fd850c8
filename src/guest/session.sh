#!/usr/bin/env bash
# The agent of a node session: reads requests from stdin, runs one at a time under its deadline, answers on stdout.
# Args: MARK (random, begins every answer) [STATE_FOLDER] [LOCK_SECONDS]
#
# Request: a line "ID DEADLINE_SECONDS SCRIPT_BYTES STDIN_BYTES ARG_BYTES...", then the bytes of each in this order.
# Answer:  a line "MARK ID EXIT_CODE STDOUT_BYTES STDERR_BYTES exited|timed-out", then the bytes of both.
# The first answer has the id "hello" and no bytes. Ends at the end of its input.
# Nothing is run before the whole of its request is on the disk. Exit 74: a request could not be read whole, because the
# disk is full or because its caller ended in the middle. Exit 75: another session goes on holding the lock.
set -u
umask 077

readonly mark=$1
readonly state=${2:-/var/lib/kina}
readonly lock_seconds=${3:-30}
# Between TERM and KILL of a request that is over its time.
readonly grace_seconds=3

give_up() {
  echo "$1" >&2
  exit 74
}

if ! mkdir -p "$state/session" || ! chmod 700 "$state" "$state/session"; then give_up "cannot make $state/session"; fi

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

# Says of a process which it is, for a later session.
record() {
  printf '%s %s\n' "$2" "$(start_time "$2")" >"$state/session/$1"
}

end_leftover agent
exec 9>"$state/session/lock" || give_up "cannot open $state/session/lock"
if ! flock -w "$lock_seconds" 9; then
  echo "another session holds $state/session/lock" >&2
  exit 75
fi
# Only now: a request is on record before it lets go of the lock, even when its agent is killed as it starts.
end_leftover request
rm -rf "$state/session"/scratch.*
record agent "$$" || give_up "cannot write $state/session/agent"
scratch=$(mktemp -d "$state/session/scratch.XXXXXX") || give_up "cannot make a scratch folder in $state/session"
request=
finish() {
  # Until it leads its group it is killed alone.
  [ -z "$request" ] || kill -TERM -- "-$request" 2>/dev/null || kill -TERM "$request" 2>/dev/null
  rm -rf "$scratch" "$state/session/agent" "$state/session/request"
}
trap finish EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

printf '%s hello 0 0 0 exited\n' "$mark"

# Reads so many bytes into a file. What is cut short, by a full disk or by the end of the input, ends the session.
take() {
  if ! head -c "$1" >"$2" 9>&- || [ "$(stat -c %s "$2")" != "$1" ]; then give_up "cannot read request $id whole"; fi
}

while read -r id deadline script_bytes stdin_bytes arg_bytes; do
  take "$script_bytes" "$scratch/script"
  take "$stdin_bytes" "$scratch/stdin"
  args=()
  for bytes in $arg_bytes; do
    take "$bytes" "$scratch/arg"
    # The full stop keeps newlines at the end of an argument, which $() would drop.
    arg=$(cat "$scratch/arg" && printf .)
    args+=("${arg%.}")
  done

  # A session and process group of its own, so that all of it can be ended; the agent's lock and stdin stay here.
  # It is on record before it begins, so that a later session finds it whatever becomes of this one.
  started=$SECONDS
  {
    record request "$BASHPID" || exit 1
    exec setsid timeout --kill-after="$grace_seconds" "$deadline" \
      bash "$scratch/script" ${args[@]+"${args[@]}"} 9>&-
  } <"$scratch/stdin" >"$scratch/stdout" 2>"$scratch/stderr" &
  request=$!
  wait "$request"
  code=$?
  [ -s "$state/session/request" ] || give_up "cannot write $state/session/request"
  # Whatever the program left in its group goes with it.
  kill -KILL -- "-$request" 2>/dev/null
  rm -f "$state/session/request"
  request=

  ended=exited
  # timeout says 124, or 137 when it had to kill. Somebody else who kills (a node without memory) does so before the time.
  case $code in 124 | 137) if [ $((SECONDS - started)) -ge "${deadline%.*}" ]; then ended=timed-out; fi ;; esac
  printf '%s %s %s %s %s %s\n' "$mark" "$id" "$code" \
    "$(stat -c %s "$scratch/stdout")" "$(stat -c %s "$scratch/stderr")" "$ended"
  cat "$scratch/stdout" "$scratch/stderr"
  rm -f "$scratch"/*
done
