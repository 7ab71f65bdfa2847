import type { Engine } from '../engine/engine.ts';
import { ConfigurationError } from '../model/errors.ts';
import { PROBE_ADDRESS, PROBE_HOST_HEADER, PROBE_TARGET_HEADER } from './probe-server.ts';
import { runScript, type Script } from './script.ts';

/**
 * Asks every target side by side, over and over, until each has answered or the time is over; prints one line for each.
 * With `-e` nc leaves as soon as it is connected; `-z` is not in every busybox.
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

/** One exec at most this long, so that a run that died leaves nothing asking for longer. Milliseconds. */
const MAX_PROBE_EXEC = 10_000;

export interface ProbeOptions {
  /** Asked by HTTP and expected to answer 2xx or 3xx; `undefined`: that the port accepts a connection is enough. */
  readonly path: string | undefined;
  /** The `Host` to ask for; apps that check it accept `localhost`, which is also what a HEALTHCHECK mostly asks. */
  readonly host?: string;
  /** Milliseconds in which every target must have answered; 0 asks once. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly failure: string };

/**
 * Asks containers from within the edge, by the names and the network that requests will take.
 *
 * @param targets `container:port`
 * @returns an answer for each target: well, or what went wrong the last time
 */
export async function probeContainers(
  engine: Engine,
  edge: string,
  targets: readonly string[],
  options: ProbeOptions,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const path = checkHealthPath(options.path);
  const answers = new Map<string, ProbeResult>();
  const end = performance.now() + options.timeout;
  for (;;) {
    const open = targets.filter((target) => answers.get(target)?.ok !== true);
    if (open.length === 0) return answers;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PROBE_EXEC) / 10));
    const args = [PROBE_ADDRESS, path, options.host ?? 'localhost', limit, ...open];
    for (const [target, answer] of parseProbeResults(
      await runScript(engine, edge, PROBE_SCRIPT, args, options.signal),
    )) {
      answers.set(target, answer);
    }
    if (performance.now() >= end) break;
  }
  for (const target of targets)
    if (!answers.has(target)) answers.set(target, { ok: false, failure: 'no answer' });
  return answers;
}

function checkHealthPath(path: string | undefined): string {
  if (path === undefined) return '';
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path such as /up. It begins with "/" and has no spaces.`,
  );
}

/** Takes the printed lines apart: `<target> <status code, or "open", or what went wrong>`. */
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
