# shellcheck shell=bash
# A Kubernetes cluster on the first two servers: the control plane and a node on s1, another node on s2.

kubernetes_nodes='s1 s2'
kubernetes_control=s1
kubernetes_state=$LAB/kubernetes

kubernetes_api() { echo "https://$(address $kubernetes_control):6443"; }

# The servers are up. What is there already stays as it is.
kubernetes_up() {
  make_kubernetes_programs
  kubernetes_keys
  kubernetes_pause_image
  local node
  for node in $kubernetes_nodes; do kubernetes_node_up "$node"; done
  for node in $kubernetes_nodes; do
    await kubernetes_node_ready "$node" ||
      die "The Kubernetes node $node is not ready; see the logs in /var/lib/docker/kubernetes/log of $node and of $kubernetes_control"
  done
  await kubectl_as_admin get serviceaccount default || die 'The controllers of the Kubernetes cluster do not work.'
}

kubectl_as_admin() { "$kubernetes_programs/kubectl" --kubeconfig "$kubernetes_state/admin.conf" "$@"; }

kubernetes_node_ready() { kubectl_as_admin get node "$1" | grep -q ' Ready'; }

kubernetes_keys() {
  local keys=$kubernetes_state
  [ ! -e "$keys/admin.conf" ] || return 0
  mkdir -p "$keys"
  authority "$keys"
  openssl genrsa -out "$keys/accounts.key" 2048 2>/dev/null
  openssl rsa -in "$keys/accounts.key" -pubout -out "$keys/accounts.pub" 2>/dev/null
  # 10.96.0.1 is the address of the API inside of the cluster.
  certificate "$keys" "$keys/api.pem" "$keys/api.key" kube-apiserver \
    "subjectAltName=IP:$(address $kubernetes_control),IP:10.96.0.1,IP:127.0.0.1,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  certificate "$keys" "$keys/admin.pem" "$keys/admin.key" admin/O=system:masters extendedKeyUsage=clientAuth
  kubernetes_config admin >"$keys/admin.conf"
}

# A kubeconfig for the certificate of this name.
kubernetes_config() {
  cat <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: lab
    cluster:
      server: $(kubernetes_api)
      certificate-authority-data: $(base64 -w0 "$kubernetes_state/ca.pem")
users:
  - name: $1
    user:
      client-certificate-data: $(base64 -w0 "$kubernetes_state/$1.pem")
      client-key-data: $(base64 -w0 "$kubernetes_state/$1.key")
contexts:
  - name: lab
    context: { cluster: lab, user: $1 }
current-context: lab
YAML
}

# The container that holds the network of a pod: it only waits for its end.
kubernetes_pause_image() {
  local folder=$kubernetes_state/pause
  [ ! -e "$folder/pause.tar" ] || return 0
  mkdir -p "$folder"
  cp "$(command -v busybox)" "$folder"
  cat >"$folder/Dockerfile" <<'TEXT'
FROM scratch
COPY busybox /busybox
ENTRYPOINT ["/busybox", "sh", "-c", "trap 'exit 0' TERM INT; while :; do /busybox sleep 3600 & wait $!; done"]
TEXT
  docker_on_runner buildx build --quiet --provenance=false --tag pause:lab \
    --output "type=docker,dest=$folder/new.tar" "$folder" >/dev/null
  mv "$folder/new.tar" "$folder/pause.tar"
}

is_kubernetes_node() { [ -e "$kubernetes_state/$1.conf" ]; }

# Starts what a node lacks, also after a loss of its power: its disk has the state.
kubernetes_node_up() {
  local node=$1 number=${1#s} outside=$LAB/$1/outside/kubernetes roles=node peer peers=()
  if ! is_kubernetes_node "$node"; then
    certificate "$kubernetes_state" "$kubernetes_state/$node.pem" "$kubernetes_state/$node.key" \
      "system:node:$node/O=system:nodes" "subjectAltName=IP:$(address "$node"),DNS:$node"
    mkdir -p "$outside"
    # A link costs nothing, where the file system is the same.
    cp -al "$kubernetes_programs" "$outside/programs" 2>/dev/null || cp -a "$kubernetes_programs" "$outside/programs"
    cp "$kubernetes_state"/{ca.pem,admin.conf,pause/pause.tar} "$kubernetes_state/$node".{pem,key} "$outside"
    [ "$node" != $kubernetes_control ] ||
      cp "$kubernetes_state"/{ca.key,accounts.key,accounts.pub,api.pem,api.key,admin.pem,admin.key} "$outside"
    kubernetes_config "$node" >"$outside/node.conf"
    cp "$outside/node.conf" "$kubernetes_state/$node.conf"
  fi
  [ "$node" != $kubernetes_control ] || roles='control node'
  for peer in $kubernetes_nodes; do
    [ "$peer" = "$node" ] || peers+=("10.244.${peer#s}.0/24=$(address "$peer")")
  done
  on "$node" bash -s -- "$roles" "$(address "$node")" "10.244.$number.0/24" "/$id/$node" "$registry" "$mirror" "${peers[@]}" \
    <"$here/kubernetes-node" >>"$LAB/$node-kubernetes.log" 2>&1 9>&- ||
    die "Kubernetes does not start on $node; see $LAB/$node-kubernetes.log"
}
