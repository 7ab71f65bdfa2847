/** What `init` runs on a server, as root, through stdin of `sh`. Pure. Every value in it was checked: none can end a quotation. */

/** Who prepares which user, with which key. */
export interface ServerUser {
  readonly user: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string;
}

/** Runs the script on stdin as root. */
export const AS_ROOT = 'if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi';

/** Looks only. It prints `name=value`, one per line. */
export const lookScript = ({ user, publicKey }: ServerUser): string => `set -u
user='${user}' key='${publicKey}'
say() { printf 'sealift.%s=%s\\n' "$1" "$2"; }
say docker "$(command -v docker)"
say engine "$(docker version --format '{{.Server.Version}}' 2>/dev/null)"
root=$(docker info --format '{{.DockerRootDir}}' 2>/dev/null)
[ -d "$root" ] || root=/
say disk "$(df -Pk "$root" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)"
say clock "$(date +%s)"
say user "$(id -u "$user" 2>/dev/null)"
say groups "$(id -nG "$user" 2>/dev/null)"
home=$(getent passwd "$user" | cut -d : -f 6)
if [ -n "$home" ] && grep -qsF "$key" "$home/.ssh/authorized_keys"; then say key yes; else say key ''; fi
for port in 80:0050 443:01BB; do
  owner=$(docker ps --filter "publish=\${port%:*}" --format '{{.Names}} {{.Label "sealift.app"}}{{.Label "sealift.role"}}' 2>/dev/null)
  if [ -z "$owner" ] && grep -qs ":\${port#*:} [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6; then owner='another program'; fi
  say "port\${port%:*}" "$owner"
done
`;

/** Creates what is missing: the user, its group, its key. */
export const prepareScript = ({ user, publicKey }: ServerUser): string => `set -eu
user='${user}' key='${publicKey}'
if ! id "$user" >/dev/null 2>&1; then
  if command -v useradd >/dev/null; then
    useradd --create-home --shell /bin/sh --password '*' "$user"
  else
    adduser -D -s /bin/sh "$user"
    echo "$user:*" | chpasswd -e
  fi
fi
case " $(id -nG "$user") " in
*' docker '*) ;;
*) if command -v usermod >/dev/null; then usermod --append --groups docker "$user"; else addgroup "$user" docker; fi ;;
esac
home=$(getent passwd "$user" | cut -d : -f 6)
keys=$home/.ssh/authorized_keys
mkdir -p "$home/.ssh"
touch "$keys"
if ! grep -qF "$key" "$keys"; then
  [ -z "$(tail -c 1 "$keys")" ] || echo >>"$keys"
  printf '%s sealift\\n' "$key" >>"$keys"
fi
chmod 700 "$home/.ssh"
chmod 600 "$keys"
chown "$user:$(id -gn "$user")" "$home/.ssh" "$keys"
`;
