# shellcheck shell=bash
# Keys for ssh and certificates for TLS.

passphrase='pass phrase'

make_keys() {
  mkdir -p "$LAB/keys" "$LAB/tls/foreign"
  chmod 700 "$LAB/keys"
  ssh_key ed25519 ed25519 ''
  ssh_key passphrase ed25519 "$passphrase"
  ssh_key rsa rsa ''
  ssh_key foreign ed25519 ''
  cat "$LAB"/keys/{ed25519,passphrase,rsa}.pub >"$LAB/keys/authorized_keys"
  authority "$LAB/tls"
  authority "$LAB/tls/foreign"
}

ssh_key() {
  [ -e "$LAB/keys/$1" ] || ssh-keygen -q -t "$2" -N "$3" -C "lab $1" -f "$LAB/keys/$1"
}

# In one go, as env.json is: tests may be reading it.
write_known_hosts() {
  local server
  for server in $(servers); do
    echo "$(address "$server") $(cut -d' ' -f1,2 "$LAB/$server/ssh_host_ed25519_key.pub")"
  done >"$LAB/keys/known_hosts.new"
  mv "$LAB/keys/known_hosts.new" "$LAB/keys/known_hosts"
}

# An authority and a client's certificate: ca.pem, cert.pem, key.pem, the names that DOCKER_CERT_PATH expects.
authority() {
  [ ! -e "$1/cert.pem" ] || return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=lab authority' \
    -keyout "$1/ca.key" -out "$1/ca.pem" 2>/dev/null
  certificate "$1" "$1/cert.pem" "$1/key.pem" client 'extendedKeyUsage=clientAuth'
}

# certificate AUTHORITY CERT KEY NAME EXTENSIONS
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$4" -keyout "$3" 2>/dev/null |
    openssl x509 -req -CA "$1/ca.pem" -CAkey "$1/ca.key" -set_serial "0x$(openssl rand -hex 8)" -days 30 \
      -extfile <(printf '%b\n' "$5") -out "$2" 2>/dev/null
}
