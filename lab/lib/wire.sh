# shellcheck shell=bash
# The slow wire: delay and bandwidth on the cable of a server, in a program of ours (wire.c), since not every kernel
# has netem. It stands between the server's cable and the switch, where the server can't see it.

shape() {
  local name=$1 delay=${2:-} rate=${3:-0}
  [[ $delay =~ ^[0-9.]+$ && $rate =~ ^[0-9.]+$ ]] || die 'shape takes a server, milliseconds each way and, if you like, Mbit/s.'
  unshape "$name"
  [ "$LAB/wire" -nt "$here/wire.c" ] || cc -O2 -o "$LAB/wire" "$here/wire.c"
  [ -e "/run/netns/$id-wire" ] || ip netns add "$id-wire"
  ns switch ip link set "$name" nomaster
  ns switch ip link set "$name" netns "$id-wire"
  ns wire ip link set "$name" promisc on up
  launch "wire-$name" "$LAB/wire" "/run/netns/$id-wire" "$name" "/run/netns/$id-switch" "slow-$name" "$delay" "$rate"
  await ns switch ip link show "slow-$name" || die "The wire of $name did not start; see $LAB/wire-$name.log"
  plug "$name"
}

unshape() {
  local name=$1
  alive "wire-$name" || return 0
  finish "wire-$name"
  ns wire ip link set "$name" netns "$id-switch"
  plug "$name"
}

wires_down() {
  local wire
  for wire in "$LAB"/wire-*.pid; do
    [ ! -e "$wire" ] || finish "$(basename "$wire" .pid)"
  done
}
