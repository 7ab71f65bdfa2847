import { addStats, NO_REQUESTS, type ResponseStats } from '../edge/metrics.ts';
import { inputRef } from '../model/input-ref.ts';
import type { CanaryLimits } from '../model/strategy.ts';
import type { RequestStats, WatchResult } from '../plan/outcome.ts';
import { differenceLowerBound, significantlyExceeds, statisticsFromHistogram } from './significance.ts';
import { isHanging, type LimitedSilence, MIN_WAITING } from './silence.ts';

/** Compares what a release answers with what another one answers. Pure. */

/** What one release answered. */
export interface ObservedResponses {
  /** Since the watch began. */
  readonly all: ResponseStats;
  /** Without the first part of the watch, in which a release that was just started is slow. */
  readonly warm: ResponseStats;
}

export interface CanaryComparison {
  readonly own: ObservedResponses;
  /** `undefined`: there is nothing to compare with. */
  readonly other: ObservedResponses | undefined;
  /** What the other release answered before the watch, as far as it is known; used if it answered too little since. */
  readonly before: ResponseStats | undefined;
  /** Requests that wait for the release, and long enough; 0 while it may still be slow, or the host stand still. */
  readonly waiting: number;
  /** What came to the release since its last answer; `undefined` while it answers. */
  readonly silence: LimitedSilence | undefined;
}

/** Fewer failed requests prove nothing, however few the requests are. */
const MIN_ERRORS = 3;
/** Seconds. Nobody notices less, and for such short times a ratio is mostly noise. */
const MIN_LATENCY_DIFFERENCE = 0.005;

/** Whether there are enough requests to judge by. */
export const hasEnoughRequests = ({ own }: CanaryComparison, limits: CanaryLimits): boolean =>
  own.all.count >= limits.minRequests;

/**
 * Why a release must not go on; `undefined`: nothing speaks against it. Only differences that are certainly not chance
 * count, so a release just above a limit is found late or never, and one far above it soon.
 */
export function findBreach(comparison: CanaryComparison, limits: CanaryLimits): string | undefined {
  const dead = edgeAnswersBreach(comparison, MIN_ERRORS);
  if (dead !== undefined) return dead;
  const few = !hasEnoughRequests(comparison, limits);
  // Few requests can show too many errors, if enough is known of the old release.
  const hasBaseline = baselineCount(comparison, limits) >= limits.minRequests;
  const breach = few && !hasBaseline ? undefined : errorBreach(comparison, limits);
  if (breach !== undefined) return breach;
  const hang = hasBaseline ? hangBreach(comparison, limits) : undefined;
  if (hang !== undefined) return hang;
  // What the old release answered earlier proves nothing here: where the whole host stands still, both answer nothing.
  if (few) return noAnswerBreach(comparison, comparison.other?.all.count ?? 0, limits);
  return latencyBreach(comparison, limits);
}

/**
 * Why a release must not go on once its watch is over. Then any number of requests proves that it is dead, if the edge has
 * answered all of them in its place: for each it has tried to connect for seconds. And a release that has answered nothing
 * in the whole watch is dead, however little the old one answered meanwhile.
 */
export const findBreachAtEnd = (comparison: CanaryComparison, limits: CanaryLimits): string | undefined =>
  findBreach(comparison, limits) ??
  edgeAnswersBreach(comparison, 1) ??
  noAnswerBreach(comparison, baselineCount(comparison, limits), limits);

/** All answers are the edge's own (502): such an answer has no time to the first byte. */
function edgeAnswersBreach({ own }: CanaryComparison, least: number): string | undefined {
  const { count, errors, timed } = own.all;
  if (count < least || timed > 0 || errors < count) return undefined;
  const requests = count === 1 ? 'its only request' : `any of its ${countText(count)} requests`;
  return `the new release has not answered ${requests}: the edge answered 502 in its place, because it got no answer from a container`;
}

function errorBreach(comparison: CanaryComparison, limits: CanaryLimits): string | undefined {
  const own = comparison.own.all;
  if (own.errors < MIN_ERRORS) return undefined;
  const other = baselineResponses(comparison, limits, 'all') ?? NO_REQUESTS;
  const difference = differenceLowerBound(
    { count: own.errors, total: own.count },
    { count: other.errors, total: other.count },
  );
  if (difference <= limits.maxErrors) return undefined;
  const ours = `${percentText(own.errors, own.count)} of ${countText(own.count)} answers of the new release are 5xx`;
  const theirs =
    other.count === 0
      ? ''
      : `, ${percentText(other.errors, other.count)} of ${countText(other.count)} of the old one`;
  return `${ours}${theirs}: more than ${inputRef('canary-max-errors')} allows (${percentText(limits.maxErrors, 1)})`;
}

/** A release that answers nothing has no figures, but requests wait for it. `answered`: by the old release. */
function noAnswerBreach(
  { own, waiting }: CanaryComparison,
  answered: number,
  limits: CanaryLimits,
): string | undefined {
  if (own.all.count > 0 || waiting < MIN_WAITING || answered < limits.minRequests) return undefined;
  return `the new release has answered none of its requests, and ${countText(waiting)} wait; the old one has answered ${countText(answered)}`;
}

/** A release that answers nothing any more adds nothing to its figures, so what came since its last answer counts. */
function hangBreach({ silence }: CanaryComparison, limits: CanaryLimits): string | undefined {
  if (silence === undefined || !isHanging(silence, limits.minRequests)) return undefined;
  const { unanswered, age, other } = silence;
  const requests = `any of its last ${countText(unanswered)} requests`;
  return `the new release has not answered ${requests} for ${secondsText(age)}; the old one has answered ${countText(other.answered)} meanwhile, and ${countText(other.inFlight)} are in progress there`;
}

function latencyBreach(comparison: CanaryComparison, limits: CanaryLimits): string | undefined {
  const own = comparison.own.warm;
  const other = baselineResponses(comparison, limits, 'warm');
  if (other === undefined || own.timed < limits.minRequests) return undefined;
  const [ours, theirs] = [latencyStatistics(own), latencyStatistics(other)];
  if (ours.mean - theirs.mean < MIN_LATENCY_DIFFERENCE) return undefined;
  if (!significantlyExceeds(ours, theirs, limits.maxLatencyRatio)) return undefined;
  const times = (ours.mean / theirs.mean).toFixed(1);
  return `the new release answers after ${secondsText(ours.mean)} (${countText(own.timed)} requests), the old one after ${secondsText(theirs.mean)} (${countText(other.timed)}): ${times} times as long, more than ${inputRef('canary-max-latency-ratio')} allows (${limits.maxLatencyRatio})`;
}

/** What the release is compared with: what the other one answers meanwhile; if that is too little, what it answered before too. */
function baselineResponses(
  { other, before }: CanaryComparison,
  limits: CanaryLimits,
  which: keyof ObservedResponses,
): ResponseStats | undefined {
  if (other === undefined) return undefined;
  const now = other[which];
  return before === undefined || now.count >= limits.minRequests ? now : addStats(before, now);
}

const baselineCount = (comparison: CanaryComparison, limits: CanaryLimits): number =>
  baselineResponses(comparison, limits, 'all')?.count ?? 0;

const latencyStatistics = ({ timed, seconds, histogram }: ResponseStats) =>
  statisticsFromHistogram(timed, histogram, seconds);

/** What was seen, as figures for the summary. */
export function canaryFigures(comparison: CanaryComparison, limits: CanaryLimits): WatchResult {
  const other = baselineResponses(comparison, limits, 'all');
  return {
    release: responseFigures(comparison.own.all),
    baseline: other === undefined || other.count === 0 ? undefined : responseFigures(other),
    ...(hasEnoughRequests(comparison, limits) ? {} : { tooFewRequests: true as const }),
    ...(isInconclusive(comparison, limits) ? { inconclusive: true as const } : {}),
  };
}

/** Whether there are more errors than allowed, but so few that it may be chance. */
function isInconclusive(comparison: CanaryComparison, limits: CanaryLimits): boolean {
  if (!hasEnoughRequests(comparison, limits) || findBreach(comparison, limits) !== undefined) return false;
  const rate = ({ errors, count }: ResponseStats): number => (count === 0 ? 0 : errors / count);
  const other = baselineResponses(comparison, limits, 'all') ?? NO_REQUESTS;
  return rate(comparison.own.all) - rate(other) > limits.maxErrors;
}

const responseFigures = ({ count, errors, timed, seconds }: ResponseStats): RequestStats => ({
  requests: count,
  errors,
  latencyMs: timed === 0 ? undefined : (seconds / timed) * 1000,
});

/** What was seen, for the log and the summary. */
export function comparisonText(comparison: CanaryComparison, limits: CanaryLimits): string {
  const other = baselineResponses(comparison, limits, 'all');
  const versus = other === undefined || other.count === 0 ? '' : `; the old release: ${responsesText(other)}`;
  const inconclusive = isInconclusive(comparison, limits)
    ? `: more than ${inputRef('canary-max-errors')} allows (${percentText(limits.maxErrors, 1)}), but so few may be chance`
    : '';
  return `${responsesText(comparison.own.all)}${versus}${inconclusive}`;
}

export const tooFewRequestsText = ({ own }: CanaryComparison, limits: CanaryLimits): string =>
  `${countText(own.all.count)} requests are too few to judge by ("${inputRef('canary-min-requests')}" is ${countText(limits.minRequests)})`;

function responsesText(responses: ResponseStats): string {
  const { count, errors } = responses;
  if (count === 0) return 'no requests';
  const latency = latencyStatistics(responses);
  const text = `${countText(count)} ${count === 1 ? 'request' : 'requests'}, ${percentText(errors, count)} of them 5xx`;
  return latency.count === 0 ? text : `${text}, answered after ${secondsText(latency.mean)}`;
}

/** `1,204`. */
const countText = (count: number): string => count.toLocaleString('en-US');

/** `5.2%`, `0.1%`, `0.004%`: two digits, and only 0 is shown as 0. */
function percentText(part: number, total: number): string {
  const value = total === 0 ? 0 : (part / total) * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}%`;
}

const secondsText = (time: number): string =>
  time >= 1 ? `${time.toFixed(1)} s` : `${Number((time * 1000).toPrecision(2))} ms`;
