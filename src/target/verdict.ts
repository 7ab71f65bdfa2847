import { type Answers, NOTHING, together } from '../edge/metrics.ts';
import type { Limits } from '../model/strategy.ts';
import type { Figures, Watched } from '../plan/outcome.ts';
import { fromHistogram, leastDifference, surelyExceeds } from './significance.ts';

/** Judges what a release answers beside what another one answers. Pure. */

/** Of the release that is watched, or of the one that it is compared with. */
export interface Seen {
  /** Since the watch began. */
  readonly all: Answers;
  /** Without the first part of it: what has just been started is slow. */
  readonly warm: Answers;
}

export interface Comparison {
  readonly own: Seen;
  /** `undefined`: there is nothing to compare with. */
  readonly other: Seen | undefined;
  /** What the other one answered before the watch began, the shortest time first; where it has answered too little since. */
  readonly before: readonly Answers[];
  /** Requests that wait for the release now; 0 while it may still be slow. */
  readonly waiting: number;
}

/** Fewer failed requests than this prove nothing, however few the requests are. */
const FEWEST_ERRORS = 3;
/** Seconds; nobody notices less, and at such times a ratio is mostly noise. */
const UNNOTICED = 0.005;

/** Whether there are enough requests to judge by. */
export const enough = ({ own }: Comparison, limits: Limits): boolean => own.all.count >= limits.minRequests;

/**
 * Why a release may not go on; `undefined`: nothing speaks against it. Only differences that are surely no chance count, so a
 * release that is just above a limit is found later, or not, and one that is far above it soon.
 */
export function breachOf(comparison: Comparison, limits: Limits): string | undefined {
  // Errors prove by their own number that they are no chance, if it is known how the old release does.
  const known = (baseline(comparison, limits, 'all')?.count ?? 0) >= limits.minRequests;
  const few = !enough(comparison, limits);
  const failing = few && !known ? undefined : tooManyErrors(comparison, limits);
  return failing ?? (few ? silent(comparison, limits) : tooSlow(comparison, limits));
}

function tooManyErrors(comparison: Comparison, limits: Limits): string | undefined {
  const own = comparison.own.all;
  if (own.errors < FEWEST_ERRORS) return undefined;
  const other = baseline(comparison, limits, 'all');
  const least = leastDifference(
    { part: own.errors, of: own.count },
    { part: other?.errors ?? 0, of: other?.count ?? 0 },
  );
  if (least <= limits.maxErrors) return undefined;
  const ours = `${percent(own.errors, own.count)} of ${counted(own.count)} answers of the new release are 5xx`;
  const theirs =
    other === undefined || other.count === 0
      ? ''
      : `, ${percent(other.errors, other.count)} of ${counted(other.count)} of the old one`;
  return `${ours}${theirs}: more than canary-max-errors allows (${percent(limits.maxErrors, 1)})`;
}

/** A release that answers nothing has no numbers; what waits for it tells. */
function silent(comparison: Comparison, limits: Limits): string | undefined {
  const { own, waiting } = comparison;
  const answered = baseline(comparison, limits, 'all')?.count ?? 0;
  if (own.all.count > 0 || waiting < FEWEST_ERRORS || answered < limits.minRequests) return undefined;
  return `the new release has answered none of its requests, and ${counted(waiting)} wait; the old one has answered ${counted(answered)}`;
}

function tooSlow(comparison: Comparison, limits: Limits): string | undefined {
  const own = comparison.own.warm;
  const other = baseline(comparison, limits, 'warm');
  if (other === undefined || own.timed < limits.minRequests) return undefined;
  const [ours, theirs] = [latency(own), latency(other)];
  if (ours.mean - theirs.mean < UNNOTICED || !surelyExceeds(ours, theirs, limits.maxLatencyRatio))
    return undefined;
  const times = (ours.mean / theirs.mean).toFixed(1);
  return `the new release answers after ${seconds(ours.mean)} (${counted(own.timed)} requests), the old one after ${seconds(theirs.mean)} (${counted(other.timed)}): ${times} times as long, more than canary-max-latency-ratio allows (${limits.maxLatencyRatio})`;
}

/** What the other release is measured by: what it answers at the same time; where that is too little, what it answered before too. */
function baseline({ other, before }: Comparison, limits: Limits, which: keyof Seen): Answers | undefined {
  if (other === undefined) return undefined;
  const now = other[which];
  const longer = [now, ...before.map((earlier) => together(earlier, now))];
  return longer.find(({ count }) => count >= limits.minRequests) ?? longer.at(-1);
}

const latency = ({ timed, seconds: sum, times }: Answers) => fromHistogram(timed, times, sum);

/** What was seen, as figures for the summary. */
export function figuresOf(comparison: Comparison, limits: Limits): Watched {
  const other = baseline(comparison, limits, 'all');
  return {
    own: figures(comparison.own.all),
    other: other === undefined || other.count === 0 ? undefined : figures(other),
    ...(enough(comparison, limits) ? {} : { few: true as const }),
    ...(isUnsure(comparison, limits) ? { unsure: true as const } : {}),
  };
}

/** More errors than are allowed, as the bare numbers have it, and no breach all the same: they may be chance. */
function isUnsure(comparison: Comparison, limits: Limits): boolean {
  if (!enough(comparison, limits) || breachOf(comparison, limits) !== undefined) return false;
  const rate = ({ errors, count }: Answers): number => (count === 0 ? 0 : errors / count);
  const other = baseline(comparison, limits, 'all') ?? NOTHING;
  return rate(comparison.own.all) - rate(other) > limits.maxErrors;
}

const figures = ({ count, errors, timed, seconds: sum }: Answers): Figures => ({
  requests: count,
  errors,
  latency: timed === 0 ? undefined : (sum / timed) * 1000,
});

/** What was seen, for the log and the summary, and whether it was too little to judge by. */
export function describe(comparison: Comparison, limits: Limits): string {
  const { own } = comparison;
  const other = baseline(comparison, limits, 'all');
  const versus = other === undefined || other.count === 0 ? '' : `; the old release: ${numbers(other)}`;
  const unsure = isUnsure(comparison, limits)
    ? `: more than canary-max-errors allows (${percent(limits.maxErrors, 1)}), but so few may be chance`
    : '';
  return `${numbers(own.all)}${versus}${unsure}`;
}

/** Said where there are fewer requests than asked for. */
export function tooFew({ own }: Comparison, limits: Limits): string {
  return `${counted(own.all.count)} requests are too few to judge by (canary-min-requests is ${counted(limits.minRequests)})`;
}

function numbers(answers: Answers): string {
  const { mean, of } = latency(answers);
  const errors = `${counted(answers.count)} ${answers.count === 1 ? 'request' : 'requests'}, ${percent(answers.errors, answers.count)} of them 5xx`;
  return of === 0 ? errors : `${errors}, answered after ${seconds(mean)}`;
}

/** `1,204`. */
const counted = (count: number): string => count.toLocaleString('en-US');

/** `5.2%`, `0.1%`, `0.004%`: two digits are enough, and what is not nothing is never shown as nothing. */
function percent(part: number, of: number): string {
  const value = of === 0 ? 0 : (part / of) * 100;
  if (value >= 10 || value === 0) return `${Math.round(value)}%`;
  return `${Number(value.toPrecision(2))}%`;
}

const seconds = (time: number): string =>
  time >= 1 ? `${time.toFixed(1)} s` : `${Number((time * 1000).toPrecision(2))} ms`;
