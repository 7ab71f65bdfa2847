# shellcheck shell=bash
# What tests and people need to know about the lab.

write_env_json() {
  # The tools that apt installed, before older ones elsewhere.
  mkdir -p "$LAB/bin" "$LAB/docker-config"
  ln -sfn /usr/bin/docker "$LAB/bin/docker"
  printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$registry" \
    "$(printf '%s:%s' "$registry_username" "$registry_password" | base64)" >"$LAB/docker-config/config.json"
  local passes_on=false kubernetes=null helm=false http_routes=null
  if [ -e "$kubernetes_state/admin.conf" ]; then
    ln -sfn "$kubernetes_programs/kubectl" "$LAB/bin/kubectl"
    kubernetes="{ \"kubeconfig\": \"$kubernetes_state/admin.conf\", \"version\": \"$kubernetes_version\", \"nodes\": [\"${kubernetes_nodes// /\", \"}\"] }"
  fi
  if has_helm; then
    ln -sfn "$helm_folder/helm" "$LAB/bin/helm"
    helm=true
  fi
  ! has_gateway_api || http_routes="\"$gateway_api_folder/httproutes.yaml\""
  [ ! -e "$LAB/mirror/passes-on" ] || passes_on=true
  cat >"$LAB/env.json.new" <<JSON
{
  "lab": "$LAB",
  "bin": "$LAB/bin",
  "runners": [$(runners_json)],
  "dockerConfig": "$LAB/docker-config",
  "registry": { "address": "$registry", "username": "$registry_username", "password": "$registry_password", "log": "$LAB/registry.log" },
  "mirror": { "address": "$mirror", "passesOn": $passes_on },
  "ssh": {
    "user": "deploy",
    "key": "$LAB/keys/ed25519",
    "rsaKey": "$LAB/keys/rsa",
    "passphraseKey": "$LAB/keys/passphrase",
    "passphrase": "$passphrase",
    "foreignKey": "$LAB/keys/foreign",
    "knownHosts": "$LAB/keys/known_hosts"
  },
  "tls": {
    "ca": "$LAB/tls/ca.pem", "cert": "$LAB/tls/cert.pem", "key": "$LAB/tls/key.pem",
    "foreign": {
      "ca": "$LAB/tls/foreign/ca.pem", "cert": "$LAB/tls/foreign/cert.pem", "key": "$LAB/tls/foreign/key.pem"
    }
  },
  "acme": { "directory": "$acme_directory", "root": "$LAB/acme/pki/authorities/local/root.crt" },
  "dns": "$host_address",
  "kubernetes": $kubernetes,
  "helm": $helm,
  "httpRoutes": $http_routes,
  "servers": [
$(servers_json)
  ]
}
JSON
  mv "$LAB/env.json.new" "$LAB/env.json"
}

runners_json() {
  local name comma=
  for name in $(runners); do
    printf '%s\n    { "name": "%s", "dockerHost": "unix://%s/outside/docker.sock" }' "$comma" "$name" "$LAB/$name"
    comma=,
  done
}

servers_json() {
  local name address store comma=
  for name in $(servers); do
    address=$(address "$name")
    store=classic
    grep -q 'containerd-snapshotter": true' "$LAB/$name/daemon.json" && store=containerd
    printf '%s    { "name": "%s", "address": "%s", "domain": "%s.test", "imageStore": "%s",\n' \
      "$comma" "$name" "$address" "$name" "$store"
    printf '      "sshUrl": "ssh://deploy@%s:22", "tcpUrl": "tcp://%s:2376", "log": "%s" }' \
      "$address" "$address" "$LAB/$name.log"
    comma=$',\n'
  done
}

print_env() {
  [ -e "$LAB/env.json" ] || die "No lab in $LAB. Bring one up: lab/lab up"
  local name addresses=
  for name in $(servers); do addresses+="${addresses:+ }$(address "$name")"; done
  printf 'export %s=%q\n' \
    LAB "$LAB" LAB_NET "$LAB_NET" \
    DOCKER_HOST "unix://$LAB/runner/outside/docker.sock" DOCKER_CONFIG "$LAB/docker-config" \
    LAB_REGISTRY "$registry" LAB_REGISTRY_USERNAME "$registry_username" LAB_REGISTRY_PASSWORD "$registry_password" \
    LAB_KEY "$LAB/keys/ed25519" LAB_KNOWN_HOSTS "$LAB/keys/known_hosts" LAB_TLS "$LAB/tls" \
    LAB_ACME_DIRECTORY "$acme_directory" LAB_SERVERS "$addresses"
  [ ! -e "$kubernetes_state/admin.conf" ] || printf 'export KUBECONFIG=%q\n' "$kubernetes_state/admin.conf"
  # shellcheck disable=SC2016
  printf 'export PATH=%q:"$PATH"\n' "$LAB/bin"
}

print_status() {
  [ -d "$LAB" ] || die "No lab in $LAB."
  local name note
  for name in names registry mirror acme; do
    printf '%-10s %s\n' $name "$(if alive $name; then echo up; else echo down; fi)"
  done
  for name in $(machines); do
    note=off
    if alive "$name"; then
      note='up, engine off'
      ! on "$name" docker version >/dev/null 2>&1 || note='up, engine up'
      [[ $name = runner* ]] || on "$name" pgrep -x sshd >/dev/null || note+=', sshd off'
    fi
    ! alive "wire-$name" || note+=', slow wire'
    printf '%-10s %-16s %s\n' "$name" "$(address "$name")" "$note"
    alive "$name" || printf '%s\n' "$(last_words "$name")"
  done
}
