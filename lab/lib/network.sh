# shellcheck shell=bash
# The network: one switch, and a cable from it to the host and to every machine.

most_servers=40
host_address=$LAB_NET.1

# Names of namespaces and devices, unique to this lab; a device name has 15 characters at most.
id=sl${LAB_NET#*.}
id=${id/./-}

address() {
  case $1 in
    runner) echo "$LAB_NET.2" ;;
    runner*) echo "$LAB_NET.$((1 + ${1#runner}))" ;;
    s*) echo "$LAB_NET.$((10 + ${1#s}))" ;;
  esac
}

# Runs a command in a namespace's network. Not `ip netns exec`: that mounts another /sys, which hides the cgroups.
ns() { nsenter --net="/run/netns/$id-$1" "${@:2}"; }

# Whose network it is: the state folder stands at the host's device, which outlives a folder that was removed.
network_owner() { cat "/sys/class/net/$id/ifalias" 2>/dev/null || true; }

network_is_ours() { [ "$(network_owner)" = "$LAB" ]; }

demand_network() {
  case $LAB_NET in
    172.31.132 | 172.31.1[67]? | 172.31.18? | 172.31.19[01])
      die "LAB_NET=$LAB_NET is used by the containers on the lab's machines. Take another."
      ;;
  esac
  network_is_ours || ! ip -4 -oneline address | grep -qF " $host_address/" ||
    die "$host_address belongs to the lab in $(network_owner) already. Give this one another LAB_NET."
}

# The switch has a namespace of its own: there the host's firewall can't touch what servers send to each other.
network_up() {
  if ! network_is_ours; then
    ip netns add "$id-switch"
    ip link add "$id" type veth peer name host netns "$id-switch"
    ip link set "$id" alias "$LAB"
    ns switch ip link set lo up
    ns switch ip link add switch type bridge
    ns switch ip link set switch up
    ns switch ip link set host master switch up
  fi
  ip address replace "$host_address/24" dev "$id"
  ip link set "$id" up
}

# No default route: what the lab does not have is unreachable at once, on every machine in the same way.
network_join() {
  local name=$1
  [ ! -e "/run/netns/$id-$name" ] || return 0
  ip netns add "$id-$name"
  ns "$name" ip link set lo up
  ns switch ip link add "$name" type veth peer name eth0 netns "$id-$name"
  ns switch ip link set "$name" master switch up
  ns "$name" ip address add "$(address "$name")/24" dev eth0
  ns "$name" ip link set eth0 up
  ns "$name" sysctl -qw net.ipv4.ip_forward=1
}

network_down() {
  network_is_ours || return 0
  local space process
  for space in /run/netns/"$id"-*; do
    [ -e "$space" ] || continue
    # None, unless the state folder was removed under a running lab.
    for process in $(ip netns pids "$(basename "$space")"); do kill -KILL "$process" 2>/dev/null || true; done
    ip netns delete "$(basename "$space")"
  done
  # The host's device goes with the switch's namespace, now or in a moment.
  ip link delete "$id" 2>/dev/null || await no_device || die "The device $id does not go away."
}

no_device() { [ ! -e "/sys/class/net/$id" ]; }

# The switch's end of a server's cable: the slow wire's, when there is one between.
socket_of() {
  if alive "wire-$1"; then echo "slow-$1"; else echo "$1"; fi
}

unplug() { ns switch ip link set "$(socket_of "$1")" nomaster; }

# A link that came up carries nothing until the kernel has noticed it, which can take a second: until a port where
# nobody listens is refused by the server itself.
plug() {
  ns switch ip link set "$(socket_of "$1")" master switch up
  ! alive "$1" || await answers "$1" || say "$1 does not answer yet."
}

answers() {
  local said
  said=$(LC_ALL=C timeout 2 bash -c "exec 3<>/dev/tcp/$(address "$1")/9" 2>&1) || grep -q refused <<<"$said"
}
