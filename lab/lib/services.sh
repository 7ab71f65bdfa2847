# shellcheck shell=bash
# What the host serves to the machines: names, the registry, the mirror of Docker Hub, a certificate authority.

registry=$host_address:5000
registry_username=ci
# Not a word that stands in other texts: it is masked wherever it does.
registry_password=open-for-the-lab
mirror=$host_address:5001
acme_port=14000
acme_directory=https://acme.test:$acme_port/acme/local/directory

services_up() {
  names_up
  registry_up
  mirror_up
  acme_up
  await_service names 53
  await_service registry "${registry#*:}"
  await_service mirror "${mirror#*:}"
  await_service acme "$acme_port"
}

await_service() {
  await listens_or_ended "$1" "$2" && listens "$2" 2>/dev/null || die "The lab's $1 did not start on $host_address:$2; see $LAB/$1.log"
}

listens_or_ended() { listens "$2" || gone "$1"; }
listens() { (exec 3<>"/dev/tcp/$host_address/$1"); }

services_down() {
  local service
  for service in acme mirror registry names; do finish "$service"; done
}

# acme.test is the host, *.sI.test and sI.test are server I, and every other name does not exist, said at once.
# `local` says that nobody else knows more about a name: without it, a name that has no IPv6 address seems not to exist.
names_up() {
  ! alive names || return 0
  local names=(--local='/#/' --local=/acme.test/ --address="/acme.test/$host_address") server
  for server in $(first_servers "$most_servers"); do
    names+=("--local=/$server.test/" "--address=/$server.test/$(address "$server")")
  done
  launch names dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --user=root --log-facility=- \
    --no-resolv --no-hosts --bind-interfaces --listen-address="$host_address" --cache-size=0 "${names[@]}"
  echo "nameserver $host_address" >"$LAB/resolv.conf"
}

registry_up() {
  ! alive registry || return 0
  mkdir -p "$LAB/registry"
  # crypt() makes a bcrypt hash of the cheapest kind: the registry computes it again on every request.
  perl -e 'print "$ARGV[0]:" . crypt($ARGV[1], "\$2y\$04\$abcdefghijklmnopqrstuu") . "\n"' \
    $registry_username $registry_password >"$LAB/registry/htpasswd"
  cat >"$LAB/registry/config.yml" <<TEXT
version: 0.1
log: { level: info }
http: { addr: "$registry" }
auth: { htpasswd: { realm: lab, path: $LAB/registry/htpasswd } }
storage:
  delete: { enabled: true }
  filesystem: { rootdirectory: $LAB/registry/data }
TEXT
  launch registry docker-registry serve "$LAB/registry/config.yml"
}

# Every engine asks it first for an image of Docker Hub. It passes Docker Hub on where that can be reached.
mirror_up() {
  ! alive mirror || return 0
  mkdir -p "$LAB/mirror"
  local proxy='' data=built
  rm -f "$LAB/mirror/passes-on"
  if reaches_docker_hub; then
    proxy='proxy: { remoteurl: https://registry-1.docker.io }'
    data=hub
    touch "$LAB/mirror/passes-on"
  fi
  cat >"$LAB/mirror/config.yml" <<TEXT
version: 0.1
log: { level: info }
http: { addr: "$mirror" }
storage:
  delete: { enabled: true }
  filesystem: { rootdirectory: $LAB/mirror/$data }
$proxy
TEXT
  launch mirror docker-registry serve "$LAB/mirror/config.yml"
}

# Docker Hub answers 401 to whom it does not know; a proxy in between would answer something else.
reaches_docker_hub() {
  timeout 5 openssl s_client -quiet -verify_return_error -connect registry-1.docker.io:443 \
    -servername registry-1.docker.io <<<$'GET /v2/ HTTP/1.0\r\nHost: registry-1.docker.io\r\n\r\n' 2>/dev/null |
    grep -q '^HTTP/1.[01] 401'
}

# A real ACME server. It asks the lab's name server where a domain is, so it gets a resolv.conf of its own.
acme_up() {
  ! alive acme || return 0
  mkdir -p "$LAB/acme"
  cat >"$LAB/acme/Caddyfile" <<TEXT
{
	admin off
	skip_install_trust
	auto_https disable_redirects
	storage file_system $LAB/acme
}
https://acme.test:$acme_port {
	bind $host_address
	tls internal
	acme_server
}
TEXT
  # shellcheck disable=SC2016
  # XDG_DATA_HOME: the ACME server keeps its orders there, wherever the storage is.
  XDG_DATA_HOME=$LAB/acme XDG_CONFIG_HOME=$LAB/acme launch acme unshare --mount sh -c 'mount --bind "$0/resolv.conf" "$(readlink -f /etc/resolv.conf)" &&
    exec caddy run --adapter caddyfile --config "$0/acme/Caddyfile"' "$LAB"
}
