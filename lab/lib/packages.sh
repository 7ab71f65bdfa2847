# shellcheck shell=bash
# The programs that the lab is made of, and how Debian 12 gets them.

# The suite that has a current Docker and Caddy. Pinned low: only what is named here comes from it.
newer_suite=forky

# command, its package, and `newer` where Debian 12 itself is too old
programs='
dockerd         docker.io       newer
containerd      containerd      newer
docker          docker-cli      newer
docker-buildx   docker-buildx   newer
docker-compose  docker-compose  newer
docker-registry docker-registry newer
cosign          cosign          newer
caddy           caddy           newer
nginx           nginx           -
haproxy         haproxy         -
dnsmasq         dnsmasq-base    -
redis-check-rdb redis-tools     -
busybox         busybox-static  newer
sshd            openssh-server  -
ssh             openssh-client  -
ip              iproute2        -
iptables        iptables        -
mkfs.ext4       e2fsprogs       -
pgrep           procps          -
openssl         openssl         -
perl            perl-base       -
update-ca-certificates ca-certificates -
cc              gcc             -
'

# Where Debian puts a program; a client in /usr/local may be older and must not be mistaken for it.
installed() {
  case $1 in
    docker-buildx | docker-compose) [ -x "/usr/libexec/docker/cli-plugins/$1" ] || [ -x "/usr/lib/docker/cli-plugins/$1" ] ;;
    docker) [ -x /usr/bin/docker ] ;;
    dockerd | caddy | busybox) command -v "$1" >/dev/null && recent "$1" ;;
    cc) command -v cc >/dev/null && echo '#include <stdio.h>' | cc -E - >/dev/null 2>&1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Older engines keep images and attestations in other ways, older Caddys lack what the edge needs, and Debian 12's
# static busybox crashes on every connection where there is no glibc beside it, as in a container.
recent() {
  local oldest version
  case $1 in
    dockerd) oldest=28.0 version=$(dockerd --version) ;;
    caddy) oldest=2.8 version=$(caddy version) ;;
    busybox) oldest=1.37 version=$(busybox | head -1) ;;
  esac
  version=$(grep -oE '[0-9]+\.[0-9]+' <<<"$version" | head -1)
  [ "$(printf '%s\n' "$oldest" "$version" | sort --version-sort | head -1)" = "$oldest" ]
}

missing() {
  local program package suite
  while read -r program package suite; do
    [ -z "$program" ] || installed "$program" || echo "$program $package $suite"
  done <<<"$programs"
}

install_packages() {
  [ "$(id -u)" = 0 ] || die 'The lab makes network namespaces and mounts: it has to run as root.'
  local lacking
  lacking=$(missing)
  if [ -n "$lacking" ]; then
    grep -qs '^ID=debian$' /etc/os-release ||
      die "This is not Debian, and these programs are missing (Docker 28, Caddy 2.8 or later):
$(cut -d' ' -f1 <<<"$lacking")"
    install_from_debian "$lacking"
    lacking=$(missing)
    [ -z "$lacking" ] || die "Still missing after apt-get (its messages are above):
$(cut -d' ' -f1,2 <<<"$lacking")"
  fi
  check_kernel
}

install_from_debian() {
  local program package suite names=()
  while read -r program package suite; do
    [ "$suite" = newer ] && package=$package/$newer_suite
    [ "$program" = cc ] && names+=(libc6-dev)
    names+=("$package")
  done <<<"$1"
  say "Installing ${names[*]}"
  add_newer_suite
  # Another source of the machine may be out of reach; whether ours were read shows below.
  apt-get update -q >&2 || say 'Some package sources could not be read; going on with the others.'
  without_services apt-get install -yq --no-install-recommends -o DPkg::Lock::Timeout=300 "${names[@]}" >&2 ||
    say 'apt-get reports an error; looking whether the programs are there.'
}

add_newer_suite() {
  local mirror
  mirror=$({ cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true; } |
    awk '/^URIs:/ {print $2; exit} $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /:\//) {print $i; exit}}')
  [ -n "$mirror" ] || die 'No Debian mirror in /etc/apt/sources.list or /etc/apt/sources.list.d/debian.sources.'
  # The mirror may be a snapshot, whose lists look out of date; their signatures are checked all the same.
  cat >/etc/apt/sources.list.d/sealift-lab.sources <<TEXT
Types: deb
URIs: $mirror
Suites: $newer_suite
Components: main
Check-Valid-Until: no
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
TEXT
  cat >/etc/apt/preferences.d/sealift-lab <<TEXT
Package: *
Pin: release n=$newer_suite
Pin-Priority: 50
TEXT
}

# The lab starts its own engines and registry; the packages must not start theirs.
without_services() {
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e $policy ]; then
    DEBIAN_FRONTEND=noninteractive "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  DEBIAN_FRONTEND=noninteractive "$@" || status=$?
  rm -f $policy
  return $status
}

check_kernel() {
  local lacking=()
  grep -qw overlay /proc/filesystems || modprobe -q overlay || lacking+=('overlay file system')
  [ -e /dev/loop-control ] || modprobe -q loop || lacking+=('loop devices (/dev/loop-control)')
  [ -e /dev/net/tun ] || modprobe -q tun || lacking+=('/dev/net/tun')
  [ "${#lacking[@]}" = 0 ] || die "The kernel, or the container this runs in, lacks: ${lacking[*]}"
}
