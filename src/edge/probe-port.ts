import type { Engine } from '../engine/engine.ts';
import { type ProbeResult, parseProbeResults } from './probe.ts';
import { runScript, type Script } from './script.ts';
import { SPEAKS_TLS } from './speaks-tls.ts';

/** Asks ports that the edge has no route to, each in its own protocol: those of services that publish their ports themselves. */

/** What a port speaks that is not a route of the edge. */
export type PortProtocol = 'http' | 'tcp' | 'tls';

export interface PortTarget {
  /** `address:port` */
  readonly address: string;
  readonly protocol: PortProtocol;
}

const PORTS_SCRIPT: Script = {
  name: 'probe-ports',
  text: `
set -u
limit=$1; host=$2; path=$3; shift 3
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
${SPEAKS_TLS}
# A redirect is an answer already. An app that only speaks WebSocket closes the connection of any other request.
speaks_http() {
  for upgrade in '' websocket; do
    printed=$(timeout 8 wget -S -T 5 -O /dev/null --header "Host: $host" --header 'User-Agent: sealift-health' \
      \${upgrade:+--header 'Connection: Upgrade' --header "Upgrade: $upgrade" --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='} \
      "http://$1$path" 2>&1)
    case $printed in *HTTP/1.*) return 0;; esac
  done
  return 1
}
end=$(( $(now) + limit ))
try() {
  printed=
  answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open)
  [ "$answer" = open ] || return 1
  case $2 in
    tcp) return 0;;
    http) if speaks_http "$1"; then return 0; fi;;
  esac
  if speaks_tls "\${1%:*}" "\${1##*:}"; then
    [ "$2" = tls ] && return 0
    answer=TLS; return 1
  fi
  case $2$printed in
    tls*) answer='not TLS';;
    # Lines of an answer are indented.
    *'  '*) answer='malformed HTTP';;
    *'timed out'*) answer='timeout awaiting response headers';;
    *'getting response'*|*reset*) answer=EOF;;
    *) answer='malformed HTTP';;
  esac
  return 1
}
until_ok() {
  while ! try "$@" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf '%s %s\\n' "$1" "$answer"
}
while [ $# -ge 2 ]; do until_ok "$1" "$2" & shift 2; done
wait
`,
};

/** Milliseconds of one exec at most, so that a run that was killed leaves no probes behind for longer. */
const MAX_PORTS_EXEC = 10_000;

/**
 * Asks ports from a container with busybox until each has answered or the time is over.
 *
 * @param as of a request by HTTP
 * @param timeout milliseconds; 0 asks once
 * @returns for each address whether it answered, or the last failure
 */
export async function probePorts(
  engine: Engine,
  from: string,
  targets: readonly PortTarget[],
  { host, path }: { readonly host: string; readonly path: string },
  timeout: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const results = new Map<string, ProbeResult>();
  const end = performance.now() + timeout;
  for (;;) {
    const open = targets.filter(({ address }) => results.get(address)?.ok !== true);
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PORTS_EXEC) / 10));
    const args = open.flatMap(({ address, protocol }) => [address, protocol]);
    const printed = await runScript(engine, from, PORTS_SCRIPT, [limit, host, path, ...args], {
      signal,
      waits: MAX_PORTS_EXEC,
    });
    for (const [address, result] of parseProbeResults(printed)) results.set(address, result);
    if (targets.every(({ address }) => results.get(address)?.ok === true) || performance.now() >= end)
      return results;
  }
}
