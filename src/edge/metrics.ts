import type { Engine } from '../engine/engine.ts';
import { SLOTS, type Slot } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { anySignal } from '../run/signals.ts';
import { ADMIN_ADDRESS } from './caddy.ts';
import { runScript, type Script } from './script.ts';

/** The responses of a slot since its edge was started, or between two samples. */
export interface ResponseStats {
  /** Answered requests: by the release, or by the edge in its place. */
  readonly count: number;
  /** Of these, with a status of 500 and above. */
  readonly errors: number;
  /** Requests whose time to first byte is known, and the sum of these times. The edge's own answers are not among them. */
  readonly timed: number;
  readonly seconds: number;
  /** The timed requests by duration: count of those up to a limit in seconds and above the previous limit. The last is infinite. */
  readonly histogram: readonly (readonly [limit: number, count: number])[];
}

export interface MetricsSample {
  /** When the edge was started, in ticks of its host's uptime. Another value means that the counters began again at zero. */
  readonly startTicks: number;
  readonly stats: Readonly<Record<Slot, ResponseStats>>;
  /** Requests in progress, and open streams. */
  readonly inFlight: Readonly<Record<Slot, number>>;
  /**
   * How many more requests came than were answered. It grows with each that waits, and with each whose visitor gave up before an
   * answer; it falls with each answer whose body is cut off. So only differences over a short time mean something.
   */
  readonly unanswered: Readonly<Record<Slot, number>>;
}

export const NO_REQUESTS: ResponseStats = { count: 0, errors: 0, timed: 0, seconds: 0, histogram: [] };

/**
 * Sums Caddy's metrics per slot, over routes, methods and codes. A metric without a value does not exist yet.
 *
 * `response_duration` counts when the release has sent its head. So streams, WebSockets (101) and responses whose body is cut off
 * are in it; requests that their visitor gave up before are not. `request_duration` counts when all is over, and also has the
 * edge's own answers, such as 502. So for each code of 500 and above the greater of both counts. It also has requests that their
 * visitor gave up (as 200), but no responses whose body is cut off.
 * A request passes one route of a slot's server, however often it is retried, and counts once (measured with Caddy 2.11.4).
 *
 * The start is that of process 1, proc(5), relative to the uptime: Caddy's own `process_start_time_seconds` is computed from
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
    if (family == "request_duration_seconds_count") over[slot] += $NF
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
      printf "%s ended %.0f\\n", slot, over[slot]
    }
    for (key in times) { split(key, of, " "); printf "%s le:%s %.0f\\n", of[1], of[2], times[key] }
  }'
`,
};

/**
 * Milliseconds; an edge that hangs must neither block a deploy nor hide that a container dies. On a host with forty processes a
 * core a reading takes more than ten seconds, and the release is no worse for that.
 */
const METRICS_TIMEOUT = 30_000;

/** Reads the counters of both slots. One exec. */
export async function readSample(engine: Engine, edge: string, signal?: AbortSignal): Promise<MetricsSample> {
  const timeout = AbortSignal.timeout(METRICS_TIMEOUT);
  const either = anySignal(signal, timeout);
  const printed = await runScript(engine, edge, METRICS_SCRIPT, [ADMIN_ADDRESS], { signal: either });
  const sample = parseSample(printed);
  if (sample !== undefined) return sample;
  throw new HostError(
    engine.host,
    `the edge's metrics can't be read: "${printed.trim().slice(0, 200)}". Is "${inputRef('edge-image')}" an image of Caddy 2.10 or later?`,
  );
}

/** Reads the printed lines; `undefined` if one is missing or not a number. Pure. */
export function parseSample(printed: string): MetricsSample | undefined {
  const lines = printed.split('\n').filter((line) => line !== '');
  const values = new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
  const value = (key: string): number => values.get(key) ?? Number.NaN;
  const stats = (slot: Slot): ResponseStats => ({
    count: value(`${slot} count`),
    errors: value(`${slot} errors`),
    timed: value(`${slot} timed`),
    seconds: value(`${slot} seconds`),
    histogram: parseHistogram(slot, values),
  });
  const inFlight = (slot: Slot): number => value(`${slot} in-flight`);
  const unanswered = (slot: Slot): number => inFlight(slot) + value(`${slot} ended`) - value(`${slot} count`);
  const sample = {
    startTicks: value('edge started'),
    stats: { blue: stats('blue'), green: stats('green') },
    inFlight: { blue: inFlight('blue'), green: inFlight('green') },
    unanswered: { blue: unanswered('blue'), green: unanswered('green') },
  };
  const numbers = SLOTS.flatMap((slot) => {
    const { histogram, ...counters } = sample.stats[slot];
    return [...Object.values(counters), ...histogram.flat(), sample.unanswered[slot]];
  });
  return [sample.startTicks, ...numbers].some(Number.isNaN) ? undefined : sample;
}

/** A bucket of Prometheus also counts what is in the smaller ones. */
function parseHistogram(slot: Slot, values: ReadonlyMap<string, number>): ResponseStats['histogram'] {
  const prefix = `${slot} le:`;
  const buckets = [...values]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, count]) => [Number(key.slice(prefix.length).replace('+Inf', 'Infinity')), count] as const)
    .sort(([one], [other]) => one - other);
  return buckets.map(([limit, count], index) => [limit, count - (buckets[index - 1]?.[1] ?? 0)]);
}

/** The responses of a slot between two samples. If the edge was started again in between, those since its start. */
export function statsSince(before: MetricsSample, now: MetricsSample, slot: Slot): ResponseStats {
  if (before.startTicks !== now.startTicks) return now.stats[slot];
  return combineStats(now.stats[slot], before.stats[slot], (a, b) => a - b);
}

export const addStats = (one: ResponseStats, other: ResponseStats): ResponseStats =>
  combineStats(one, other, (a, b) => a + b);

function combineStats(
  one: ResponseStats,
  other: ResponseStats,
  combine: (a: number, b: number) => number,
): ResponseStats {
  const [counts, otherCounts] = [new Map(one.histogram), new Map(other.histogram)];
  const limits = [...new Set([...counts.keys(), ...otherCounts.keys()])].sort((a, b) => a - b);
  return {
    count: combine(one.count, other.count),
    errors: combine(one.errors, other.errors),
    timed: combine(one.timed, other.timed),
    seconds: combine(one.seconds, other.seconds),
    histogram: limits.map((limit) => [limit, combine(counts.get(limit) ?? 0, otherCounts.get(limit) ?? 0)]),
  };
}
