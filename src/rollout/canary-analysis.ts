import { addStats, NO_REQUESTS, type ResponseStats } from '../edge/metrics.ts';
import type { CanaryLimits } from '../model/strategy.ts';
import type { RequestStats, WatchResult } from '../plan/outcome.ts';
import { differenceLowerBound, significantlyExceeds, statisticsFromHistogram } from './significance.ts';

/** Judges what a release answers beside what another one answers. Pure. */

/** Of the release that is watched, or of the one that it is compared with. */
export interface ObservedResponses {
  /** Since the watch began. */
  readonly all: ResponseStats;
  /** Without the first part of it: what has just been started is slow. */
  readonly warm: ResponseStats;
}

export interface CanaryComparison {
  readonly own: ObservedResponses;
  /** `undefined`: there is nothing to compare with. */
  readonly other: ObservedResponses | undefined;
  /** What the other one answered before the watch began, the shortest time first; where it has answered too little since. */
  readonly before: readonly ResponseStats[];
  /** Requests that wait for the release now; 0 while it may still be slow. */
  readonly waiting: number;
}

/** Fewer failed requests than this prove nothing, however few the requests are. */
const MIN_ERRORS = 3;
/** Seconds; nobody notices less, and at such times a ratio is mostly noise. */
const MIN_LATENCY_DIFFERENCE = 0.005;

/** Whether there are enough requests to judge by. */
export const hasEnoughRequests = ({ own }: CanaryComparison, limits: CanaryLimits): boolean =>
  own.all.count >= limits.minRequests;

/**
 * Why a release may not go on; `undefined`: nothing speaks against it. Only differences that are surely no chance count, so a
 * release that is just above a limit is found later, or not, and one that is far above it soon.
 */
export function findBreach(comparison: CanaryComparison, limits: CanaryLimits): string | undefined {
  // Errors prove by their own number that they are no chance, if it is known how the old release does.
  const known = (baselineResponses(comparison, limits, 'all')?.count ?? 0) >= limits.minRequests;
  const few = !hasEnoughRequests(comparison, limits);
  const failing = few && !known ? undefined : errorBreach(comparison, limits);
  return failing ?? (few ? noAnswerBreach(comparison, limits) : latencyBreach(comparison, limits));
}

function errorBreach(comparison: CanaryComparison, limits: CanaryLimits): string | undefined {
  const own = comparison.own.all;
  if (own.errors < MIN_ERRORS) return undefined;
  const other = baselineResponses(comparison, limits, 'all');
  const least = differenceLowerBound(
    { count: own.errors, total: own.count },
    { count: other?.errors ?? 0, total: other?.count ?? 0 },
  );
  if (least <= limits.maxErrors) return undefined;
  const ours = `${percentText(own.errors, own.count)} of ${countText(own.count)} answers of the new release are 5xx`;
  const theirs =
    other === undefined || other.count === 0
      ? ''
      : `, ${percentText(other.errors, other.count)} of ${countText(other.count)} of the old one`;
  return `${ours}${theirs}: more than canary-max-errors allows (${percentText(limits.maxErrors, 1)})`;
}

/** A release that answers nothing has no numbers; what waits for it tells. */
function noAnswerBreach(comparison: CanaryComparison, limits: CanaryLimits): string | undefined {
  const { own, waiting } = comparison;
  const answered = baselineResponses(comparison, limits, 'all')?.count ?? 0;
  if (own.all.count > 0 || waiting < MIN_ERRORS || answered < limits.minRequests) return undefined;
  return `the new release has answered none of its requests, and ${countText(waiting)} wait; the old one has answered ${countText(answered)}`;
}

function latencyBreach(comparison: CanaryComparison, limits: CanaryLimits): string | undefined {
  const own = comparison.own.warm;
  const other = baselineResponses(comparison, limits, 'warm');
  if (other === undefined || own.timed < limits.minRequests) return undefined;
  const [ours, theirs] = [latencyStatistics(own), latencyStatistics(other)];
  if (
    ours.mean - theirs.mean < MIN_LATENCY_DIFFERENCE ||
    !significantlyExceeds(ours, theirs, limits.maxLatencyRatio)
  )
    return undefined;
  const times = (ours.mean / theirs.mean).toFixed(1);
  return `the new release answers after ${secondsText(ours.mean)} (${countText(own.timed)} requests), the old one after ${secondsText(theirs.mean)} (${countText(other.timed)}): ${times} times as long, more than canary-max-latency-ratio allows (${limits.maxLatencyRatio})`;
}

/** What the other release is measured by: what it answers at the same time; where that is too little, what it answered before too. */
function baselineResponses(
  { other, before }: CanaryComparison,
  limits: CanaryLimits,
  which: keyof ObservedResponses,
): ResponseStats | undefined {
  if (other === undefined) return undefined;
  const now = other[which];
  const longer = [now, ...before.map((earlier) => addStats(earlier, now))];
  return longer.find(({ count }) => count >= limits.minRequests) ?? longer.at(-1);
}

const latencyStatistics = ({ timed, seconds: sum, histogram: times }: ResponseStats) =>
  statisticsFromHistogram(timed, times, sum);

/** What was seen, as figures for the summary. */
export function canaryFigures(comparison: CanaryComparison, limits: CanaryLimits): WatchResult {
  const other = baselineResponses(comparison, limits, 'all');
  return {
    own: responseFigures(comparison.own.all),
    other: other === undefined || other.count === 0 ? undefined : responseFigures(other),
    ...(hasEnoughRequests(comparison, limits) ? {} : { few: true as const }),
    ...(isInconclusive(comparison, limits) ? { unsure: true as const } : {}),
  };
}

/** More errors than are allowed, as the bare numbers have it, and no breach all the same: they may be chance. */
function isInconclusive(comparison: CanaryComparison, limits: CanaryLimits): boolean {
  if (!hasEnoughRequests(comparison, limits) || findBreach(comparison, limits) !== undefined) return false;
  const rate = ({ errors, count }: ResponseStats): number => (count === 0 ? 0 : errors / count);
  const other = baselineResponses(comparison, limits, 'all') ?? NO_REQUESTS;
  return rate(comparison.own.all) - rate(other) > limits.maxErrors;
}

const responseFigures = ({ count, errors, timed, seconds: sum }: ResponseStats): RequestStats => ({
  requests: count,
  errors,
  latency: timed === 0 ? undefined : (sum / timed) * 1000,
});

/** What was seen, for the log and the summary, and whether it was too little to judge by. */
export function comparisonText(comparison: CanaryComparison, limits: CanaryLimits): string {
  const { own } = comparison;
  const other = baselineResponses(comparison, limits, 'all');
  const versus = other === undefined || other.count === 0 ? '' : `; the old release: ${responsesText(other)}`;
  const unsure = isInconclusive(comparison, limits)
    ? `: more than canary-max-errors allows (${percentText(limits.maxErrors, 1)}), but so few may be chance`
    : '';
  return `${responsesText(own.all)}${versus}${unsure}`;
}

/** Said where there are fewer requests than asked for. */
export function tooFewRequestsText({ own }: CanaryComparison, limits: CanaryLimits): string {
  return `${countText(own.all.count)} requests are too few to judge by (canary-min-requests is ${countText(limits.minRequests)})`;
}

function responsesText(answers: ResponseStats): string {
  const { mean, count: total } = latencyStatistics(answers);
  const errors = `${countText(answers.count)} ${answers.count === 1 ? 'request' : 'requests'}, ${percentText(answers.errors, answers.count)} of them 5xx`;
  return total === 0 ? errors : `${errors}, answered after ${secondsText(mean)}`;
}

/** `1,204`. */
const countText = (count: number): string => count.toLocaleString('en-US');

/** `5.2%`, `0.1%`, `0.004%`: two digits are enough, and what is not nothing is never shown as nothing. */
function percentText(part: number, total: number): string {
  const value = total === 0 ? 0 : (part / total) * 100;
  if (value >= 10 || value === 0) return `${Math.round(value)}%`;
  return `${Number(value.toPrecision(2))}%`;
}

const secondsText = (time: number): string =>
  time >= 1 ? `${time.toFixed(1)} s` : `${Number((time * 1000).toPrecision(2))} ms`;
