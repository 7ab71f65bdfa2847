import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import { SLOTS, type Slot } from '../model/release.ts';
import { ADMIN_ADDRESS } from './caddy.ts';
import { runScript, type Script } from './script.ts';

/** What a slot has answered, counted since its edge was started or between two looks. */
export interface ResponseStats {
  /** Requests that were answered, by the release or, where it did not, by the edge. */
  readonly count: number;
  /** Those with a status of 500 and above. */
  readonly errors: number;
  /** Requests whose time to first byte is known, and the sum of these times. The edge's own answers are not among them. */
  readonly timed: number;
  readonly seconds: number;
  /** How many of these took at most so many seconds and longer than the next smaller limit; in order, the last is infinite. */
  readonly histogram: readonly (readonly [limit: number, count: number])[];
}

export interface MetricsSample {
  /** When the edge was started, in ticks of its host's uptime: other ones are another count, which began at nothing. */
  readonly startTicks: number;
  readonly stats: Readonly<Record<Slot, ResponseStats>>;
  /** Requests that are being answered now, and open streams. */
  readonly inFlight: Readonly<Record<Slot, number>>;
}

export const NO_REQUESTS: ResponseStats = { count: 0, errors: 0, timed: 0, seconds: 0, histogram: [] };

/**
 * Sums Caddy's metrics per slot, over routes, methods and codes. A family that has counted nothing yet is not there.
 *
 * `response_duration` counts when the release has sent its head, so streams, WebSockets (101) and answers whose body is broken
 * off are in it; requests that their visitor gave up before are not. `request_duration` counts when all is over, and has what
 * the edge answered in the release's place, 502 for instance. So of each code of 500 and above the greater of the two holds.
 * A request passes one route of a slot's server, whatever is retried, and counts once (measured with Caddy 2.11.4).
 *
 * The start is that of process 1, proc(5), which goes by the uptime: Caddy's own `process_start_time_seconds` is reckoned from
 * the wall clock and moves when that is set.
 */
const METRICS_SCRIPT: Script = {
  name: 'metrics',
  text: `
set -eu
metrics=$(wget -q -T 5 -O - "http://$1/metrics")
read -r stat < /proc/1/stat
set -- \${stat##*) }
echo "edge started \${20}"
printf '%s\\n' "$metrics" | awk '
  function label(name,   at, rest) {
    at = index($0, "{" name "=\\"")
    if (!at) at = index($0, "," name "=\\"")
    if (!at) return ""
    rest = substr($0, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\\"") - 1)
  }
  /^caddy_http_(response_duration_seconds_(count|sum|bucket)|request_duration_seconds_count|requests_in_flight)[{]/ {
    slot = label("server"); sub(/[.].*/, "", slot)
    if (slot != "blue" && slot != "green") next
    family = substr($0, 12, index($0, "{") - 12)
    if (family == "requests_in_flight") flight[slot] += $NF
    if (family == "response_duration_seconds_sum") seconds[slot] += $NF
    if (family == "response_duration_seconds_bucket") times[slot " " label("le")] += $NF
    if (family == "response_duration_seconds_count") { timed[slot] += $NF }
    if (family ~ /_count$/ && label("code") >= "500") {
      key = slot " " label("code") " " label("server") " " label("method") " " label("handler")
      errors[key]
      if (family ~ /^response/) answered[key] = $NF; else ended[key] = $NF
    }
  }
  END {
    for (key in errors) {
      slot = key; sub(/ .*/, "", slot)
      wrong[slot] += (ended[key] > answered[key]) ? ended[key] : answered[key]
      own[slot] += (ended[key] > answered[key]) ? ended[key] - answered[key] : 0
    }
    split("blue green", slots, " ")
    for (i = 1; i <= 2; i++) {
      slot = slots[i]
      printf "%s count %.0f\\n", slot, timed[slot] + own[slot]
      printf "%s errors %.0f\\n", slot, wrong[slot]
      printf "%s timed %.0f\\n", slot, timed[slot]
      printf "%s seconds %.6f\\n", slot, seconds[slot]
      printf "%s in-flight %.0f\\n", slot, flight[slot]
    }
    for (key in times) { split(key, of, " "); printf "%s le:%s %.0f\\n", of[1], of[2], times[key] }
  }'
`,
};

/** Milliseconds; an edge that hangs must neither hold a deploy nor hide that a container dies. */
const METRICS_TIMEOUT = 10_000;

/** Reads what both slots have answered since the edge was started. One exec. */
export async function readSample(engine: Engine, edge: string, signal?: AbortSignal): Promise<MetricsSample> {
  const limit = AbortSignal.timeout(METRICS_TIMEOUT);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const printed = await runScript(engine, edge, METRICS_SCRIPT, [ADMIN_ADDRESS], either);
  const sample = parseSample(printed);
  if (sample !== undefined) return sample;
  throw new HostError(engine.host, `the edge's metrics can't be read: "${printed.trim().slice(0, 200)}"`);
}

/** Takes the printed lines apart; `undefined` when something is missing. Pure. */
export function parseSample(printed: string): MetricsSample | undefined {
  const values = new Map(
    printed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
  const value = (slot: Slot, name: string): number => values.get(`${slot} ${name}`) ?? Number.NaN;
  const answers = (slot: Slot): ResponseStats => ({
    count: value(slot, 'count'),
    errors: value(slot, 'errors'),
    timed: value(slot, 'timed'),
    seconds: value(slot, 'seconds'),
    histogram: histogramOf(slot, values),
  });
  const sample = {
    startTicks: values.get('edge started') ?? Number.NaN,
    stats: { blue: answers('blue'), green: answers('green') },
    inFlight: { blue: value('blue', 'in-flight'), green: value('green', 'in-flight') },
  };
  const numbers = SLOTS.flatMap((slot) => {
    const { histogram: times, ...rest } = sample.stats[slot];
    return [...Object.values(rest), ...times.flat(), sample.inFlight[slot]];
  });
  return [sample.startTicks, ...numbers].some(Number.isNaN) ? undefined : sample;
}

/** Prometheus counts in each bucket what is in the smaller ones too. */
function histogramOf(slot: Slot, values: ReadonlyMap<string, number>): ResponseStats['histogram'] {
  const prefix = `${slot} le:`;
  const buckets = [...values]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, count]) => [limitOf(key.slice(prefix.length)), count] as const)
    .sort(([one], [other]) => one - other);
  return buckets.map(([limit, count], index) => [limit, count - (buckets[index - 1]?.[1] ?? 0)] as const);
}

const limitOf = (le: string): number => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le));

/** What a slot answered between two looks; of an edge that was started anew in between, what it has answered since. */
export function statsSince(before: MetricsSample, now: MetricsSample, slot: Slot): ResponseStats {
  const answers = now.stats[slot];
  return before.startTicks === now.startTicks
    ? combineStats(answers, before.stats[slot], (more, less) => more - less)
    : answers;
}

/** What was answered in two times together. */
export const addStats = (one: ResponseStats, other: ResponseStats): ResponseStats =>
  combineStats(one, other, (a, b) => a + b);

function combineStats(
  one: ResponseStats,
  other: ResponseStats,
  how: (a: number, b: number) => number,
): ResponseStats {
  const counts = new Map(other.histogram);
  const limits = [...new Set([...one.histogram, ...other.histogram].map(([limit]) => limit))].sort(
    (a, b) => a - b,
  );
  const ours = new Map(one.histogram);
  return {
    count: how(one.count, other.count),
    errors: how(one.errors, other.errors),
    timed: how(one.timed, other.timed),
    seconds: how(one.seconds, other.seconds),
    histogram: limits.map((limit) => [limit, how(ours.get(limit) ?? 0, counts.get(limit) ?? 0)] as const),
  };
}
