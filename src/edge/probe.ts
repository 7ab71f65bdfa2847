import type { Engine } from '../engine/engine.ts';
import { LOCAL_IDENTITY, NOT_SERVING, PROBE_FUNCTIONS, type ProbeIdentity } from './probe-server.ts';
import { runScript, type Script } from './script.ts';

/** The status codes that count as success, unless others are asked for: a redirect is an answer, and is not followed. */
const SUCCESS: readonly number[] = Array.from({ length: 200 }, (_, index) => 200 + index);

/**
 * Probes all targets in parallel and repeatedly, until each has answered as expected or the time is over; prints one line for
 * each. With `-e`, nc exits as soon as it is connected; not every busybox has `-z`.
 */
const PROBE_SCRIPT: Script = {
  name: 'probe',
  text: `
set -u
expected=$1; path=$2; limit=$3; host=$4; scheme=$5; protocol=$6; shift 6
${PROBE_FUNCTIONS}
end=$(( $(now) + limit ))
try() {
  case $expected in
    'open port') answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open); [ "$answer" = open ];;
    'any answer') answer=$(ask "$1" "$path"); has_answered "$answer";;
    *) answer=$(ask "$1" "$path"); has_answered "$answer" && case " $expected " in *" $answer"*) ;; *) false;; esac;;
  esac
}
# Most apps answer soon: they are not to wait for the next try.
until_ok() {
  tries=0
  while ! try "$1" && [ "$(now)" -lt $end ]; do
    tries=$((tries + 1))
    if [ $tries -le 30 ]; then sleep 0.05; else sleep 0.2; fi
  done
  printf '%s %s\\n' "$1" "$answer"
}
for target in "$@"; do until_ok "$target" & done
wait
`,
};

/** Milliseconds of one exec at most: a run that was killed leaves no probes behind for longer, and one that waits knows what is seen. */
const MAX_PROBE_EXEC = 5_000;

export interface ProbeOptions {
  /** What is requested; `undefined`: it is enough that the port accepts a connection. */
  readonly path: string | undefined;
  /** The status codes that are a success. */
  readonly status?: readonly number[] | 'any';
  readonly identity?: ProbeIdentity;
  /** Milliseconds within which every target must have answered; 0 probes once. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Told what was seen as often as the edge is asked, as long as a target has not answered as expected: `answered 503`. */
  readonly tell?: (failure: string) => void;
}

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly failure: string };

/**
 * Probes containers from the edge, at the names and over the network that requests will use.
 *
 * @param targets `container:port`
 * @returns for each target whether it answered as expected, or its last failure
 */
export async function probeContainers(
  engine: Engine,
  edge: string,
  targets: readonly string[],
  { path = '', status = SUCCESS, identity = LOCAL_IDENTITY, timeout, signal, tell }: ProbeOptions,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const expected = path === '' ? 'open port' : status === 'any' ? 'any answer' : status.join(' ');
  const results = new Map<string, ProbeResult>(
    targets.map((target) => [target, { ok: false, failure: 'no answer' }]),
  );
  const end = performance.now() + timeout;
  for (;;) {
    const open = targets.filter((target) => results.get(target)?.ok !== true);
    if (open.length === 0) return results;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PROBE_EXEC) / 10));
    const { host, scheme, protocol } = identity;
    const args = [expected, path, limit, host, scheme, protocol, ...open];
    const printed = await runScript(engine, edge, PROBE_SCRIPT, args, { signal, waits: MAX_PROBE_EXEC });
    for (const [target, result] of parseProbeResults(printed, status)) {
      results.set(target, result);
      if (!result.ok) tell?.(result.failure);
    }
    if (performance.now() >= end) return results;
  }
}

/** Reads lines of `<target> <status code, or "open", or the failure>`. */
export function parseProbeResults(
  printed: string,
  status: readonly number[] | 'any' = SUCCESS,
): ReadonlyMap<string, ProbeResult> {
  const lines = printed.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), parseProbeResult(line.slice(space + 1).trim(), status)];
    }),
  );
}

function parseProbeResult(answer: string, status: readonly number[] | 'any'): ProbeResult {
  if (answer === 'open') return { ok: true };
  if (answer === NOT_SERVING)
    return status === 'any' ? { ok: true } : { ok: false, failure: `answered ${NOT_SERVING}` };
  if (!/^[1-9]\d\d$/.test(answer)) return { ok: false, failure: noAnswerReason(answer) };
  return status === 'any' || status.includes(Number(answer))
    ? { ok: true }
    : { ok: false, failure: `answered ${answer}` };
}

/** The words of Go and busybox for why there was no answer, made readable. Unknown words stay as they are. */
function noAnswerReason(text: string): string {
  const [, reason] = NO_ANSWER_REASONS.find(([pattern]) => pattern.test(text)) ?? [];
  return reason ?? (text || 'no answer');
}

const NO_ANSWER_REASONS: readonly (readonly [RegExp, string])[] = [
  [/connection refused/i, 'connection refused'],
  // TLS's own answer to a request without TLS: an alert (21).
  [/^TLS$|malformed HTTP response "\\x15\\x03/, 'what it answers is TLS'],
  [/^not TLS$/, 'what it answers is not TLS'],
  // The first frame of a server that speaks nothing else: SETTINGS, of type 4 (RFC 9113).
  [/malformed HTTP response "\\x00\\x00[^"]{0,8}\\x04/, 'what it answers is HTTP/2'],
  [/http2: |malformed HTTP response.*h2c|frame too large/, 'what it answers is not HTTP/2'],
  [/timeout awaiting response headers/, 'no answer within 5 s'],
  [/i\/o timeout/, 'no connection within 2 s'],
  [/\bEOF\b|connection reset/i, 'the connection was closed without an answer'],
  // Go's words for a server that speaks first, as those of mail and databases do.
  [/malformed HTTP|readLoopPeekFailLocked/, 'what it answers is not HTTP'],
];
