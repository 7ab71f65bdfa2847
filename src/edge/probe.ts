import type { Engine } from '../engine/engine.ts';
import { ConfigurationError } from '../model/errors.ts';
import { HOST_HEADER, PROBE, TARGET_HEADER } from './probe-server.ts';
import { runScript, type Script } from './script.ts';

/**
 * Asks every target side by side, over and over, until each has answered or the time is over; prints one line for each.
 * With `-e` nc leaves as soon as it is connected; `-z` is not in every busybox.
 */
const ASK: Script = {
  name: 'probe',
  text: `
set -u
server=$1; path=$2; host=$3; limit=$4; shift 4
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
end=$(( $(now) + limit ))
ask() {
  if [ -n "$path" ]; then
    wget -q -T 10 -O - --header "${TARGET_HEADER}: $1" --header "${HOST_HEADER}: $host" "http://$server$path" 2>&1
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
const ROUND = 10_000;

export interface ProbeOptions {
  /** Asked by HTTP and expected to answer 2xx or 3xx; `undefined`: that the port accepts a connection is enough. */
  readonly path: string | undefined;
  /** The `Host` to ask for; apps that check it accept `localhost`, which is also what a HEALTHCHECK mostly asks. */
  readonly host?: string;
  /** Milliseconds in which every target must have answered; 0 asks once. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export type ProbeAnswer = { readonly ok: true } | { readonly ok: false; readonly failure: string };

/**
 * Asks containers from within the edge, by the names and the network that requests will take.
 *
 * @param targets `container:port`
 * @returns an answer for each target: well, or what went wrong the last time
 */
export async function probe(
  engine: Engine,
  edge: string,
  targets: readonly string[],
  options: ProbeOptions,
): Promise<ReadonlyMap<string, ProbeAnswer>> {
  const path = checkPath(options.path);
  const answers = new Map<string, ProbeAnswer>();
  const end = performance.now() + options.timeout;
  for (;;) {
    const open = targets.filter((target) => answers.get(target)?.ok !== true);
    if (open.length === 0) return answers;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, ROUND) / 10));
    const args = [PROBE, path, options.host ?? 'localhost', limit, ...open];
    for (const [target, answer] of readAnswers(await runScript(engine, edge, ASK, args, options.signal))) {
      answers.set(target, answer);
    }
    if (performance.now() >= end) break;
  }
  for (const target of targets)
    if (!answers.has(target)) answers.set(target, { ok: false, failure: 'no answer' });
  return answers;
}

function checkPath(path: string | undefined): string {
  if (path === undefined) return '';
  if (/^\/[\x21-\x7e]*$/.test(path)) return path;
  throw new ConfigurationError(
    `health-path: "${path}" is not a path such as /up. It begins with "/" and has no spaces.`,
  );
}

/** Takes the printed lines apart: `<target> <status code, or "open", or what went wrong>`. */
export function readAnswers(printed: string): ReadonlyMap<string, ProbeAnswer> {
  const lines = printed.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), readAnswer(line.slice(space + 1).trim())];
    }),
  );
}

function readAnswer(said: string): ProbeAnswer {
  if (said === 'open' || /^[23]\d\d$/.test(said)) return { ok: true };
  return { ok: false, failure: /^\d{3}$/.test(said) ? `answered ${said}` : said || 'no answer' };
}
