# shellcheck shell=bash
# A machine: a runner or a server. It has its own network, processes, disk, users, sshd and engine.

demand_server() {
  [ -n "$1" ] || die 'Which server? Name one: s1, s2, …'
  [[ $1 =~ ^s[0-9]+$ ]] && [ -d "$LAB/$1" ] || die "There is no server '$1' in $LAB."
}

first_servers() { seq -f 's%g' "$1"; }

# Those that this lab has, up or not.
servers() { find "$LAB" -mindepth 1 -maxdepth 1 -type d -name 's[0-9]*' -printf '%f\n' 2>/dev/null | sort -V; }
runners() { find "$LAB" -mindepth 1 -maxdepth 1 -type d -name 'runner*' -printf '%f\n' 2>/dev/null | sort -V; }
machines() { runners && servers; }

machine_up() {
  local name=$1 home=$LAB/$1
  ! alive "$name" || return 0
  network_join "$name"
  if [ ! -e "$home/disk" ]; then
    mkdir -p "$home/outside"
    cp "$LAB/resolv.conf" "$LAB/keys/authorized_keys" "$LAB/tls/ca.pem" "$home"
    certificate "$LAB/tls" "$home/cert.pem" "$home/key.pem" "$name" \
      "subjectAltName=IP:$(address "$name"),DNS:$name.test"
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$home/ssh_host_ed25519_key"
    engine_config "$name" >"$home/daemon.json"
    new_disk "$name"
  fi
  # A server that was killed lets go of its disk a moment later; mounted twice, it would be ruined.
  await unmounted "$name" || die "The disk of $name is still in use."
  launch "$name" nsenter --net="/run/netns/$id-$name" \
    unshare --mount --uts --ipc --pid --fork --kill-child -- "$here/init" "$name" "$home"
}

# Sparse: it takes what is written to it. No journal: a server that loses its power here loses no written page.
new_disk() {
  local size=${LAB_DISK:-8G}
  [[ $1 != runner* ]] || size=40G
  truncate -s "$size" "$LAB/$1/new-disk"
  mkfs.ext4 -q -F -m 0 -i 8192 -O ^has_journal -E lazy_itable_init=1,nodiscard "$LAB/$1/new-disk"
  mv "$LAB/$1/new-disk" "$LAB/$1/disk"
}

unmounted() { [ -z "$(losetup --associated "$LAB/$1/disk")" ]; }

# The containers' addresses are the same on every machine: they are seen only inside it.
engine_config() {
  local containerd=false sockets='"unix:///run/docker.sock"'
  if [[ $1 = runner* ]]; then
    # Platforms, attestations and cache export with the default builder need this image store.
    containerd=true
    sockets+=', "unix:///run/outside/docker.sock"'
  else
    [[ " ${LAB_CONTAINERD:-} " != *" $1 "* ]] || containerd=true
    sockets+=', "tcp://0.0.0.0:2376"'
  fi
  cat <<JSON
{
  "hosts": [$sockets],
  "tlsverify": true, "tlscacert": "/etc/docker/ca.pem", "tlscert": "/etc/docker/cert.pem", "tlskey": "/etc/docker/key.pem",
  "features": { "containerd-snapshotter": $containerd },
  "registry-mirrors": ["http://$mirror"],
  "insecure-registries": ["$LAB_NET.0/24"],
  "bip": "172.31.132.1/24",
  "default-address-pools": [{ "base": "10.128.0.0/12", "size": 16 }],
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  "cgroup-parent": "/$id/$1",
  "log-opts": { "max-size": "5m" },
  "shutdown-timeout": 3
}
JSON
}

# Power off, not shutdown: the first process is killed and with it everything on the machine.
machine_down() {
  finish "$1"
  await unmounted "$1" || die "The disk of $1 is still in use."
}

machines_down() {
  local machine each=()
  for machine in $(machines); do
    machine_down "$machine" &
    each+=($!)
  done
  for machine in "${each[@]}"; do wait "$machine"; done
}

# The machine's first process, seen from the host.
first_process() { pgrep --parent "$(pid_of "$1")" --oldest; }

on() {
  local name=$1
  shift
  alive "$name" || die "$name is off. $(last_words "$name")"
  nsenter --target "$(first_process "$name")" --mount --net --uts --ipc --pid --root --wd -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}

await_machine() {
  await engine_is_up_or_off "$1" || die "The engine of $1 does not answer. $(last_words "$1")"
  on "$1" true
  [[ $1 = runner* ]] || await on "$1" test -s /run/sshd.pid || die "sshd of $1 did not start. $(last_words "$1")"
}

engine_is_up_or_off() { gone "$1" || on "$1" docker version; }

# The listener and every session: all that is called sshd, inside this machine only.
sshd_stop() { on "$1" sh -c 'pkill -KILL "^sshd"; rm -f /run/sshd.pid'; }

sshd_start() {
  on "$1" /usr/sbin/sshd -E /var/log/sshd.log
  await on "$1" test -s /run/sshd.pid
}

sshd_options() {
  on "$1" sh -c 'printf "%s\n" "$1" >/etc/ssh/sshd_config.d/lab.conf && /usr/sbin/sshd -t' sh "$2" ||
    die "sshd refuses these lines: $2"
  sshd_stop "$1"
  sshd_start "$1"
}

engine_stop() {
  on "$1" touch /run/engine-off
  on "$1" sh -c 'kill "$(cat /run/docker.pid)"' 2>/dev/null || true
  await engine_is_off "$1" || die "The engine of $1 does not stop."
}

engine_is_off() { ! on "$1" pgrep -x dockerd; }

engine_start() {
  on "$1" rm -f /run/engine-off
  await_machine "$1"
}

engine_kill() { on "$1" sh -c 'kill -KILL "$(cat /run/docker.pid)"'; }

# Until nothing is free for a moment: the engine may just be removing something.
fill() {
  on "$1" sh -c 'cd /var/lib/docker
    free() { df --output=avail -B1 . | tail -1; }
    fallocate --length "$(free)" filler
    for _ in $(seq 20); do
      cat /dev/zero >>filler
      sleep 0.1
      [ "$(free)" -gt 0 ] || exit 0
    done' 2>/dev/null || die "The disk of $1 can't be filled."
}

unfill() { on "$1" rm -f /var/lib/docker/filler; }

# The engines leave theirs behind when they are killed.
remove_cgroups() {
  find /sys/fs/cgroup -depth -type d \( -path "*/$id" -o -path "*/$id/*" \) -exec rmdir {} + 2>/dev/null || true
}
