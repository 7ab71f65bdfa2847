# shellcheck shell=bash
# The images of Docker Hub that tests and examples use, for where it can't be reached: built from Debian's packages
# and pushed into the mirror under the same names.

image_names() {
  case $1 in
    busybox) echo busybox:1 busybox:latest ;;
    caddy) echo caddy:2 caddy:2.11 ;;
    haproxy) echo haproxy:3.2 haproxy:3.2-alpine ;;
    redis) echo redis:7 ;;
    nginx) echo nginx:1 ;;
    node) echo node:24-slim ;;
  esac
}

provide_images() {
  if [ -e "$LAB/mirror/passes-on" ]; then
    say "Images come from Docker Hub, through the mirror $mirror"
    return
  fi
  local key image builds=()
  key=$(images_key)
  [ "$(cat "$LAB/mirror/key" 2>/dev/null)" != "$key" ] || return 0
  say 'Building busybox, caddy, haproxy, nginx, redis and node: Docker Hub is out of reach'
  rm -rf "$LAB/mirror/key" "$LAB/mirror/built/docker" "$LAB/images"
  for image in busybox caddy haproxy nginx redis node; do
    mkdir -p "$LAB/images/$image/root"
    base_files "$LAB/images/$image/root"
    "${image}_files" "$LAB/images/$image/root"
    build_image "$image" >"$LAB/images/$image.log" 2>&1 &
    builds+=($!)
  done
  for image in "${builds[@]}"; do
    wait "$image" || die "An image could not be built:
$(tail -n 5 "$LAB"/images/*.log)"
  done
  docker_on_runner builder prune --all --force >/dev/null
  rm -rf "$LAB/images"
  echo "$key" >"$LAB/mirror/key"
}

# Changes whenever something that goes into the images does.
images_key() {
  {
    dpkg-query --show busybox-static caddy haproxy nginx redis-tools libc6 libstdc++6 ca-certificates 2>/dev/null
    node_package
    cat "$here"/images/*/* "$here/lib/images.sh"
  } | sha256sum | cut -d' ' -f1
}

docker_on_runner() { DOCKER_CONFIG=$LAB/docker-config /usr/bin/docker -H "unix://$LAB/runner/outside/docker.sock" "$@"; }

build_image() {
  local name names=()
  for name in $(image_names "$1"); do names+=("$mirror/library/$name"); done
  cp "$here/images/$1"/* "$LAB/images/$1"
  # shellcheck disable=SC2046
  docker_on_runner buildx build --provenance=false $(printf -- '--tag %s ' "${names[@]}") --push "$LAB/images/$1"
  docker_on_runner image rm "${names[@]}"
}

base_files() {
  local root=$1 applet
  mkdir -p "$root"/{bin,etc/ssl/certs,root,tmp,usr/bin,usr/local/bin,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs"
  printf '%s\n' root:x:0:0:root:/root:/bin/sh nobody:x:65534:65534:nobody:/:/bin/false >"$root/etc/passwd"
  printf '%s\n' root:x:0: nobody:x:65534: >"$root/etc/group"
}

busybox_files() { :; }

caddy_files() {
  local root=$1
  mkdir -p "$root"/{config/caddy,data/caddy,etc/caddy,srv,usr/share/caddy}
  with_libraries "$root" "$(command -v caddy)" usr/bin/caddy
  printf ':80\nroot * /usr/share/caddy\nfile_server\n' >"$root/etc/caddy/Caddyfile"
  echo '<!doctype html><title>Caddy works!</title>' >"$root/usr/share/caddy/index.html"
}

haproxy_files() {
  local root=$1
  with_libraries "$root" "$(command -v haproxy)" usr/local/sbin/haproxy
}

nginx_files() {
  local root=$1
  mkdir -p "$root"/etc/nginx/conf.d "$root"/var/{cache,lib,log}/nginx "$root/run"
  with_libraries "$root" "$(command -v nginx)" usr/sbin/nginx
  cp /etc/nginx/mime.types "$root/etc/nginx"
  ln -s /dev/stdout "$root/var/log/nginx/access.log"
  ln -s /dev/stderr "$root/var/log/nginx/error.log"
  echo www-data:x:33:33::/var/www:/bin/false >>"$root/etc/passwd"
  printf '%s\n' nogroup:x:65534: www-data:x:33: >>"$root/etc/group"
}

# Debian's redis-server is the same program as redis-check-rdb: it goes by the name that it is called with.
redis_files() {
  local root=$1
  mkdir -p "$root/data"
  with_libraries "$root" "$(command -v redis-check-rdb)" usr/local/bin/redis-server
  with_libraries "$root" "$(command -v redis-cli)" usr/local/bin/redis-cli
  echo redis:x:999:999::/data:/bin/sh >>"$root/etc/passwd"
  echo redis:x:999: >>"$root/etc/group"
  chown 999:999 "$root/data"
}

node_files() {
  local root=$1
  node_binary "$LAB/images/node-binary"
  with_libraries "$root" "$LAB/images/node-binary" usr/local/bin/node
  ln -s node "$root/usr/local/bin/nodejs"
  echo node:x:1000:1000::/home/node:/bin/sh >>"$root/etc/passwd"
  echo node:x:1000: >>"$root/etc/group"
  install -d -o 1000 -g 1000 "$root/home/node"
}

# The one that the project pins for its own tests.
node_package() {
  local cpu=x64
  [ "$(uname -m)" != aarch64 ] || cpu=arm64
  sed -n "s/.*\"\(node-linux-$cpu\)\": *\"\(.*\)\".*/\1@\2/p" "$here/../package.json"
}

node_binary() {
  local package installed
  package=$(node_package)
  installed=$here/../node_modules/${package%@*}/bin/node
  if [ ! -x "$installed" ]; then
    command -v npm >/dev/null || die 'npm is missing: node:24-slim is made from a package of the npm registry.'
    mkdir -p "$LAB/images/npm"
    (cd "$LAB/images/npm" && npm pack --silent "$package" >&2 && tar -xzf ./*.tgz)
    installed=$LAB/images/npm/package/bin/node
  fi
  cp "$installed" "$1"
}

# Puts a program at a path below a root, and beside it the shared libraries that it asks for.
with_libraries() {
  local root=$1 program=$2 path=$3 library
  mkdir -p "$root/$(dirname "$path")"
  cp --dereference "$program" "$root/$path"
  for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*'); do
    cp --parents --dereference --no-clobber "$library" "$root"
  done
}
