import type { Engine } from '../engine/engine.ts';
import { PROBE_FUNCTIONS } from './probe-server.ts';
import { runScript, type Script } from './script.ts';

/** What a container must do. `success` is a status of 2xx or 3xx. */
type ProbeExpectation = 'open port' | 'any answer' | 'success';

/**
 * Probes all targets in parallel and repeatedly, until each has answered as expected or the time is over; prints one line for
 * each. With `-e`, nc exits as soon as it is connected; not every busybox has `-z`.
 */
const PROBE_SCRIPT: Script = {
  name: 'probe',
  text: `
set -u
expected=$1; path=$2; limit=$3; shift 3
${PROBE_FUNCTIONS}
end=$(( $(now) + limit ))
try() {
  case $expected in
    'open port') answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open); [ "$answer" = open ];;
    'any answer') answer=$(ask "$1" "$path"); has_answered "$answer";;
    *) answer=$(ask "$1" "$path"); has_succeeded "$answer";;
  esac
}
until_ok() {
  while ! try "$1" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf '%s %s\\n' "$1" "$answer"
}
for target in "$@"; do until_ok "$target" & done
wait
`,
};

/** Milliseconds of one exec at most, so that a run that was killed leaves no probes behind for longer. */
const MAX_PROBE_EXEC = 10_000;

export interface ProbeOptions {
  /** What is requested; `undefined`: it is enough that the port accepts a connection. */
  readonly path: string | undefined;
  /** Any status code is enough. Otherwise it must be 2xx or 3xx. */
  readonly anyAnswer?: boolean;
  /** Milliseconds within which every target must have answered; 0 probes once. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
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
  { path = '', anyAnswer = false, timeout, signal }: ProbeOptions,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const expected: ProbeExpectation = path === '' ? 'open port' : anyAnswer ? 'any answer' : 'success';
  const results = new Map<string, ProbeResult>(
    targets.map((target) => [target, { ok: false, failure: 'no answer' }]),
  );
  const end = performance.now() + timeout;
  for (;;) {
    const open = targets.filter((target) => results.get(target)?.ok !== true);
    if (open.length === 0) return results;
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PROBE_EXEC) / 10));
    const printed = await runScript(engine, edge, PROBE_SCRIPT, [expected, path, limit, ...open], signal);
    for (const [target, result] of parseProbeResults(printed, anyAnswer)) results.set(target, result);
    if (performance.now() >= end) return results;
  }
}

/** Reads lines of `<target> <status code, or "open", or the failure>`. */
export function parseProbeResults(printed: string, anyAnswer = false): ReadonlyMap<string, ProbeResult> {
  const lines = printed.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), parseProbeResult(line.slice(space + 1).trim(), anyAnswer)];
    }),
  );
}

function parseProbeResult(answer: string, anyAnswer: boolean): ProbeResult {
  if (answer === 'open' || /^[23]\d\d$/.test(answer)) return { ok: true };
  if (!/^[1-9]\d\d$/.test(answer)) return { ok: false, failure: noAnswerReason(answer) };
  return anyAnswer ? { ok: true } : { ok: false, failure: `answered ${answer}` };
}

/** The words of Go and busybox for why there was no answer, made readable. Unknown words stay as they are. */
function noAnswerReason(text: string): string {
  const [, reason] = NO_ANSWER_REASONS.find(([pattern]) => pattern.test(text)) ?? [];
  return reason ?? (text || 'no answer');
}

const NO_ANSWER_REASONS: readonly (readonly [RegExp, string])[] = [
  [/connection refused/i, 'connection refused'],
  [/timeout awaiting response headers/, 'no answer within 5 s'],
  [/i\/o timeout/, 'no connection within 2 s'],
  [/\bEOF\b|connection reset/i, 'the connection was closed without an answer'],
  // Go's words for a server that speaks first, as those of mail and databases do.
  [/malformed HTTP|readLoopPeekFailLocked/, 'what it answers is not HTTP'],
];
