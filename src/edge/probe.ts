import type { Engine } from '../engine/engine.ts';
import { type CaddyJson, noAutomaticHttps, textRoutes } from './caddy.ts';
import { runScript, type Script } from './script.ts';

const PROBE_ADDRESS = '127.0.0.1:2020';
const PROBE_TARGET_HEADER = 'Sealift-Target';
const PROBE_HOST_HEADER = 'Sealift-Host';

/**
 * A server on the edge's loopback that sends a request to a container. Its client is `wget` in the edge, which by itself would
 * follow redirects and hide the cause of a failure. It always answers 200. The body is the status code of the container's
 * answer, or why there was none.
 */
export const probeServer: CaddyJson = {
  listen: [PROBE_ADDRESS],
  protocols: ['h1'],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      handle: [
        {
          handler: 'reverse_proxy',
          upstreams: [{ dial: `{http.request.header.${PROBE_TARGET_HEADER}}` }],
          headers: {
            request: {
              set: { Host: [`{http.request.header.${PROBE_HOST_HEADER}}`], 'User-Agent': ['sealift-health'] },
              delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER],
            },
          },
          transport: {
            protocol: 'http',
            dial_timeout: '2s',
            response_header_timeout: '5s',
            keep_alive: { enabled: false },
          },
          handle_response: [textRoutes(200, '{http.reverse_proxy.status_code}')],
        },
      ],
    },
  ],
  errors: textRoutes(200, '{http.error.message}'),
};

/**
 * Probes all targets in parallel and repeatedly, until each has answered or the time is over; prints one line for each.
 * With `-e`, nc exits as soon as it is connected; not every busybox has `-z`.
 */
const PROBE_SCRIPT: Script = {
  name: 'probe',
  text: `
set -u
server=$1; path=$2; host=$3; limit=$4; shift 4
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
end=$(( $(now) + limit ))
ask() {
  if [ -n "$path" ]; then
    wget -q -T 10 -O - --header "${PROBE_TARGET_HEADER}: $1" --header "${PROBE_HOST_HEADER}: $host" "http://$server$path" 2>&1
  else
    nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open
  fi
}
until_ok() {
  while :; do
    answer=$(ask "$1" | tr '\\n' ' ')
    case $answer in 'open '|'2'??' '|'3'??' ') break;; esac
    [ "$(now)" -lt $end ] || break
    sleep 0.2
  done
  printf '%s %s\\n' "$1" "$answer"
}
for target in "$@"; do until_ok "$target" & done
wait
`,
};

/** Milliseconds of one exec at most, so that a run that was killed leaves no probes behind for longer. */
const MAX_PROBE_EXEC = 10_000;

/** The `Host` of a probe: apps that check it accept `localhost`, which most HEALTHCHECKs use too. */
const PROBE_HOST = 'localhost';

export interface ProbeOptions {
  /** Must answer 2xx or 3xx; `undefined`: it is enough that the port accepts a connection. */
  readonly path: string | undefined;
  /** Milliseconds within which every target must have answered; 0 probes once. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly failure: string };

/**
 * Probes containers from the edge, at the names and over the network that requests will use.
 *
 * @param targets `container:port`
 * @returns for each target whether it answered, or its last failure
 */
export async function probeContainers(
  engine: Engine,
  edge: string,
  targets: readonly string[],
  { path = '', timeout, signal }: ProbeOptions,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const results = new Map<string, ProbeResult>(
    targets.map((target) => [target, { ok: false, failure: 'no answer' }]),
  );
  const end = performance.now() + timeout;
  for (;;) {
    const open = targets.filter((target) => results.get(target)?.ok !== true);
    if (open.length === 0) return results;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PROBE_EXEC) / 10));
    const args = [PROBE_ADDRESS, path, PROBE_HOST, limit, ...open];
    const printed = await runScript(engine, edge, PROBE_SCRIPT, args, signal);
    for (const [target, result] of parseProbeResults(printed)) results.set(target, result);
    if (performance.now() >= end) return results;
  }
}

/** Reads lines of `<target> <status code, or "open", or the failure>`. */
export function parseProbeResults(printed: string): ReadonlyMap<string, ProbeResult> {
  const lines = printed.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), parseProbeResult(line.slice(space + 1).trim())];
    }),
  );
}

function parseProbeResult(answer: string): ProbeResult {
  if (answer === 'open' || /^[23]\d\d$/.test(answer)) return { ok: true };
  return { ok: false, failure: /^\d{3}$/.test(answer) ? `answered ${answer}` : answer || 'no answer' };
}
