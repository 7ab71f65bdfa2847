# shellcheck shell=bash
# The programs of a Kubernetes cluster. Debian has none of them, so they are built once from Kubernetes' Go module and kept
# outside of the checkout, by version.

kubernetes_version=1.34.4
kubernetes_programs=${XDG_CACHE_HOME:-$HOME/.cache}/sealift-lab/kubernetes-$kubernetes_version
gateway_api_version=1.4.1
gateway_api_folder=${kubernetes_programs%/*}/gateway-api-$gateway_api_version
helm_version=3.20.2
helm_folder=${kubernetes_programs%/*}/helm-$helm_version
kubernetes_built='kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl'

has_kubernetes_programs() { [ -e "$kubernetes_programs/complete" ]; }
has_helm() { [ -e "$helm_folder/helm" ]; }
has_gateway_api() { [ -e "$gateway_api_folder/httproutes.yaml" ]; }

# Some 20 minutes of one core if nothing is there. What a cut build had compiled, Go has kept. Of two labs that need them at
# once, one builds, and the other waits.
make_kubernetes_programs() {
  ! has_kubernetes_programs || return 0
  mkdir -p "${kubernetes_programs%/*}"
  (
    flock 8
    has_kubernetes_programs || build_kubernetes_programs
  ) 8>"$kubernetes_programs.lock" || exit 1
}

build_kubernetes_programs() {
  command -v go >/dev/null || die 'go is missing: the programs of Kubernetes are built with it (1.24 or later).'
  say "Building Kubernetes $kubernetes_version into $kubernetes_programs: this takes some 20 minutes, once"
  rm -rf "$kubernetes_programs"
  mkdir -p "$kubernetes_programs/cni" "$kubernetes_programs/make"
  (
    cd "$kubernetes_programs/make"
    kubernetes_from_packages
    kubernetes_go_module
    kubernetes_from_module
  ) >&2 || die 'The programs of Kubernetes could not be made; the messages are above.'
  rm -rf "$kubernetes_programs/make"
  touch "$kubernetes_programs/complete"
}

# Unpacked, not installed: the packages would start services of their own.
kubernetes_from_packages() {
  add_newer_suite
  apt-get update -q || say 'Some package sources could not be read; going on with the others.'
  # apt downloads as a user that may not be able to write here.
  apt-get download -q -o APT::Sandbox::User=root "etcd-server/$newer_suite" "containernetworking-plugins/$newer_suite"
  local package
  for package in *.deb; do dpkg --extract "$package" root; done
  cp root/usr/bin/etcd "$kubernetes_programs"
  cp root/usr/lib/cni/{bridge,host-local,loopback,portmap} "$kubernetes_programs/cni"
}

# Kubernetes' own go.mod has the modules of its staging area as folders beside it; each is also published, under 0 in
# place of 1.
kubernetes_go_module() {
  local listed staging=0.${kubernetes_version#1.}
  listed=$(go mod download -json "k8s.io/kubernetes@v$kubernetes_version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
  {
    echo 'module lab/kubernetes'
    grep -E '^(go|godebug) ' "$listed"
    echo "require k8s.io/kubernetes v$kubernetes_version"
    awk -v version="v$staging" '$2 == "=>" && $3 ~ /^\.\/staging/ {print "replace", $1, "=>", $1, version}' "$listed"
  } >go.mod
}

kubernetes_from_module() {
  local program packages=() values='-s -w' part
  for program in $kubernetes_built; do packages+=("k8s.io/kubernetes/cmd/$program"); done
  for part in client-go/pkg component-base; do
    values+=" -X k8s.io/$part/version.gitVersion=v$kubernetes_version -X k8s.io/$part/version.gitMajor=1"
    values+=" -X k8s.io/$part/version.gitMinor=$(cut -d. -f2 <<<"$kubernetes_version")"
  done
  CGO_ENABLED=0 nice -n 19 go build -mod=mod -p 2 -trimpath -ldflags "$values" -o "$kubernetes_programs/" "${packages[@]}"
}

# Helm renders charts. A cluster does not need it, so `up` takes it only if it is kept.
make_helm() {
  ! has_helm || return 0
  command -v go >/dev/null || die 'go is missing: Helm is built with it (1.25 or later).'
  say "Building Helm $helm_version into $helm_folder: this takes some minutes, once"
  rm -rf "$helm_folder"
  GOBIN=$helm_folder/make CGO_ENABLED=0 nice -n 19 go install -p 2 -trimpath \
    -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=v$helm_version" "helm.sh/helm/v3/cmd/helm@v$helm_version" >&2 ||
    die 'Helm could not be made; the messages are above.'
  mv "$helm_folder/make/helm" "$helm_folder/helm"
  rmdir "$helm_folder/make"
}

# The official definition of HTTPRoute, which is in the Gateway API's Go module.
keep_gateway_api() {
  ! has_gateway_api || return 0
  command -v go >/dev/null || die 'go is missing: the Gateway API comes as a Go module.'
  local module
  module=$(go mod download -json "sigs.k8s.io/gateway-api@v$gateway_api_version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  mkdir -p "$gateway_api_folder"
  cp "$module/config/crd/standard/gateway.networking.k8s.io_httproutes.yaml" "$gateway_api_folder/httproutes.yaml" ||
    die 'The Gateway API could not be downloaded; the messages are above.'
}
