# shellcheck shell=bash
# The state folder, and the processes that the lab has started.

LAB=${LAB:-${TMPDIR:-/tmp}/sealift-lab}
if [ -e "$LAB/net" ]; then
  recorded=$(<"$LAB/net")
  if [ "${LAB_NET:-$recorded}" != "$recorded" ]; then
    echo "lab: $LAB holds a lab on $recorded, not on LAB_NET=$LAB_NET. Give each lab a LAB of its own." >&2
    exit 2
  fi
  LAB_NET=$recorded
fi
LAB_NET=${LAB_NET:-172.31.128}

say() { printf 'lab: %s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# Waits until a command succeeds: far longer than a slow, busy machine takes, for what hangs must end some time.
await() {
  local until=$((SECONDS + 300))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || return 1
    sleep 0.05
  done
}

# Ups and downs of one lab wait for each other. The one before may have removed the lock's file: then look again.
with_lock() {
  mkdir -p "$(dirname "$LAB")"
  while :; do
    exec 9>"$LAB.lock"
    flock 9
    [ ! "$LAB.lock" -ef /proc/self/fd/9 ] || break
  done
  trap 'rm -f "$LAB.lock"' EXIT
  "$@"
}

claim_state() {
  mkdir -p "$LAB"
  chmod 711 "$LAB"
  echo "$LAB_NET" >"$LAB/net"
}

remove_state() {
  if [ "$1" = --keep-images ] && [ -d "$LAB/mirror" ]; then
    find "$LAB" -mindepth 1 -maxdepth 1 ! -name mirror -exec rm -rf --one-file-system {} +
  else
    rm -rf --one-file-system "$LAB"
  fi
}

# When a process began, in ticks since boot: a pid alone may by now belong to somebody else. Nothing for one that has
# ended and that its parent has yet to notice.
began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" {print $20}'; }

# Starts a process that outlives this script: launch NAME COMMAND... Its output goes to $LAB/NAME.log.
# It must not inherit the lock (9), or it would hold it as long as it lives.
launch() {
  local name=$1 pid
  shift
  setsid "$@" >>"$LAB/$name.log" 2>&1 </dev/null 9>&- &
  pid=$!
  echo "$pid $(began $pid)" >"$LAB/$name.pid"
  disown
}

alive() {
  local pid when
  [ -s "$LAB/$1.pid" ] || return 1
  read -r pid when <"$LAB/$1.pid"
  [ -n "$when" ] && [ "$(began "$pid")" = "$when" ]
}

# Why it may have ended.
last_words() { printf '%s ends with:\n%s' "$LAB/$1.log" "$(tail -n 5 "$LAB/$1.log" 2>/dev/null || true)"; }

pid_of() { cut -d' ' -f1 "$LAB/$1.pid"; }

# Ends what `launch` started. Nothing here has anything to save, so nothing is asked to end.
finish() {
  if alive "$1"; then
    kill -KILL "$(pid_of "$1")" 2>/dev/null || true
    await gone "$1" || die "$1 (process $(pid_of "$1")) does not end."
  fi
  rm -f "$LAB/$1.pid"
}

gone() { ! alive "$1"; }
