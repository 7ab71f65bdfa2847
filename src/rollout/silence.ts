import type { MetricsSample, ResponseStats } from '../edge/metrics.ts';
import type { Slot } from '../model/app-environment.ts';
import { differenceLowerBound } from './significance.ts';

/** Notices that a release which has answered requests answers none any more. Pure. */

/** What came to a release since its last answer, and what the other release did meanwhile. */
export interface Silence {
  /** Requests since the last answer. They wait, or their visitors gave up. */
  readonly unanswered: number;
  /** Seconds for which at least `MIN_WAITING` of them have waited, without times in which the other release stood still too. */
  readonly waited: number;
  /** Seconds since they began to wait. */
  readonly age: number;
  readonly before: {
    /** Answers of each release since the watch began, and the seconds that it took. */
    readonly own: number;
    readonly other: number;
    readonly time: number;
    /** Seconds without an answer at most: nobody asked the release. */
    readonly longestPause: number;
  };
  /** What the other release has answered since they began to wait, and its requests in flight: those that wait, and streams. */
  readonly other: { readonly answered: number; readonly inFlight: number };
}

/** A silence, and the seconds for which requests must wait until it counts. */
export interface LimitedSilence extends Silence {
  readonly limit: number;
}

/** Fewer requests that wait prove nothing. */
export const MIN_WAITING = 3;

interface TimedSample extends MetricsSample {
  /** Seconds, by any clock. */
  readonly at: number;
}

/** Follows the samples of a watch. */
export class SilenceDetector {
  readonly #own: Slot;
  readonly #other: Slot;
  #first: TimedSample | undefined;
  #last: TimedSample | undefined;
  /** The last one in which the release had answered less than it has now. */
  #before: TimedSample | undefined;
  /** The first one since then in which enough requests waited. */
  #began: TimedSample | undefined;
  #waited = 0;
  #answeredAt = 0;
  #longestPause = 0;

  constructor(own: Slot, other: Slot) {
    this.#own = own;
    this.#other = other;
  }

  /** @param at seconds, by any clock */
  add(sample: MetricsSample, at: number): void {
    const now = { ...sample, at };
    const last = this.#last;
    this.#last = now;
    if (last === undefined || last.startTicks !== now.startTicks) {
      this.#first = this.#before = now;
      this.#began = undefined;
      this.#answeredAt = at;
      return;
    }
    const answers = ({ stats }: MetricsSample, slot: Slot): number => stats[slot].count;
    const hasAnswered = answers(now, this.#own) > answers(last, this.#own);
    if (hasAnswered) {
      this.#before = last;
      this.#longestPause = Math.max(this.#longestPause, at - this.#answeredAt);
      this.#answeredAt = at;
    }
    if (this.#unanswered < MIN_WAITING) this.#began = undefined;
    else if (hasAnswered || this.#began === undefined) {
      this.#began = now;
      this.#waited = 0;
    } else if (answers(now, this.#other) > answers(last, this.#other) || now.inFlight[this.#other] === 0)
      this.#waited += now.at - last.at;
  }

  get #unanswered(): number {
    return (this.#last?.unanswered[this.#own] ?? 0) - (this.#before?.unanswered[this.#own] ?? 0);
  }

  /** `undefined` while the release answers, or nobody waits for it. */
  get silence(): Silence | undefined {
    const [first, before, began, last] = [this.#first, this.#before, this.#began, this.#last];
    if (first === undefined || before === undefined || began === undefined || last === undefined)
      return undefined;
    // It has just answered.
    if (began === last) return undefined;
    const since = (from: MetricsSample, to: MetricsSample, slot: Slot): number =>
      to.stats[slot].count - from.stats[slot].count;
    return {
      unanswered: this.#unanswered,
      waited: this.#waited,
      age: last.at - began.at,
      before: {
        own: since(first, last, this.#own),
        other: since(first, began, this.#other),
        time: before.at - first.at,
        longestPause: this.#longestPause,
      },
      other: { answered: since(began, last, this.#other), inFlight: last.inFlight[this.#other] },
    };
  }
}

/** Seconds without any answer, however short the watch is: a busy host may answer nothing for a second or two. */
export const MIN_SILENCE = 5;
/** However long the watch is. */
export const LONG_SILENCE = 30;
/** So many times as long as almost all requests take, or as nobody asked the release. */
const PATIENCE = 3;
/** So few requests may take longer: uploads, for example. */
const OUTLIERS = 0.005;

/**
 * Adds for how long requests must wait until the release counts as silent: a quarter of the watch, within bounds, and longer by far than
 * requests take. Visitors send many requests each, so if there are few of them, none may come for a while: longer by far than such a pause too.
 * @param watch its seconds
 * @param responses of both releases
 */
export const limitSilence = (
  silence: Silence,
  watch: number,
  responses: readonly ResponseStats[],
): LimitedSilence => ({
  ...silence,
  limit: Math.max(
    Math.min(Math.max(watch / 4, MIN_SILENCE), LONG_SILENCE),
    unusualTime(responses),
    PATIENCE * silence.before.longestPause,
  ),
});

/** Seconds, longer by far than almost any of these requests took. */
export const unusualTime = (responses: readonly ResponseStats[]): number =>
  PATIENCE * Math.max(0, ...responses.map(usualTime));

/** Seconds within which almost all requests were answered. If it is beyond the histogram, the mean of those that are there. */
function usualTime({ timed, seconds, histogram }: ResponseStats): number {
  let slower = timed;
  let rest = seconds;
  let from = 0;
  for (const [limit, count] of histogram) {
    if (!Number.isFinite(limit)) return Math.max(from, rest / slower);
    slower -= count;
    rest -= count * from;
    from = limit;
    if (slower <= timed * OUTLIERS) return limit;
  }
  return from;
}

/**
 * Whether a silence is certainly not chance: at the pace of before, the release would have answered so many requests meanwhile that
 * one can judge by them, and the other release does not stand still as well.
 */
export function isHanging(
  { unanswered, waited, before, other, limit }: LimitedSilence,
  minRequests: number,
): boolean {
  if (waited < limit) return false;
  // A burst of requests at the beginning is no pace.
  const expected = (before.own / Math.max(before.time, limit)) * waited;
  if (expected < minRequests) return false;
  const own = { count: unanswered, total: unanswered };
  // Where the other release is not asked any more, its part of the requests in flight must be less than its part of the answers.
  const [share, otherShare] =
    other.answered > 0
      ? [own, { count: other.inFlight, total: other.inFlight + other.answered }]
      : [
          { ...own, total: unanswered + other.inFlight },
          { count: before.own, total: before.own + before.other },
        ];
  return differenceLowerBound(share, otherShare) > 0;
}
