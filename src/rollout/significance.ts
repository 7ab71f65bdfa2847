/**
 * How sure a difference between two releases is, given how few requests there may be. Pure.
 *
 * Releases are compared over and over while they are watched, so each look must be surer than the whole: at three standard
 * errors one look in 740 finds a difference where there is none.
 */
const STANDARD_ERRORS = 3;

/** So many of so many. */
export interface Proportion {
  readonly count: number;
  readonly total: number;
}

/**
 * The least by which one share exceeds another, as far as is sure: Newcombe's interval for a difference of proportions, made
 * of Wilson's for each (Statistics in Medicine 17, 1998, method 10). Unlike the plain normal one it holds with few requests and
 * with shares near 0. Without anything to compare with, the least that the share itself is.
 */
export function differenceLowerBound(one: Proportion, other: Proportion): number {
  const [share, lower] = [ratio(one), wilsonBound(one, -1)];
  if (other.total === 0) return lower;
  const otherShare = ratio(other);
  return share - otherShare - Math.hypot(share - lower, wilsonBound(other, 1) - otherShare);
}

const ratio = ({ count, total }: Proportion): number => (total === 0 ? 0 : count / total);

/** One end of Wilson's interval: the lower one with -1, the upper one with 1. */
function wilsonBound({ count, total }: Proportion, end: -1 | 1): number {
  if (total === 0) return end === 1 ? 1 : 0;
  const share = count / total;
  const square = STANDARD_ERRORS ** 2 / total;
  const half = STANDARD_ERRORS * Math.sqrt((share * (1 - share)) / total + square / (4 * total));
  return (share + square / 2 + end * half) / (1 + square);
}

/** Times whose sum is known, and how they spread. */
export interface TimeStatistics {
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

/**
 * Whether one mean is surely more than a multiple of another: the difference of the one and the multiple lies more than three of
 * its standard errors above 0.
 */
export function significantlyExceeds(one: TimeStatistics, other: TimeStatistics, multiple: number): boolean {
  if (one.count === 0 || other.count === 0) return false;
  const error = Math.sqrt(one.variance / one.count + (multiple ** 2 * other.variance) / other.count);
  return one.mean - multiple * other.mean > STANDARD_ERRORS * error;
}

/** Times from a histogram: the mean is exact; the spread is taken as if times were even within a bucket. */
export function statisticsFromHistogram(
  total: number,
  buckets: readonly (readonly [limit: number, count: number])[],
  sum: number,
): TimeStatistics {
  if (total === 0) return { mean: 0, variance: 0, count: 0 };
  const ranges = buckets.map(([limit, count], index) => {
    const from = buckets[index - 1]?.[0] ?? 0;
    // Nobody knows how long the longest ones are; three times the largest limit is far for answers.
    const to = Number.isFinite(limit) ? limit : from * 3;
    return { count, middle: (from + to) / 2, width: to - from };
  });
  const counted = ranges.reduce((all, { count }) => all + count, 0);
  const middle = ranges.reduce((all, range) => all + range.count * range.middle, 0) / Math.max(1, counted);
  const spread = ranges.reduce(
    (all, range) => all + range.count * ((range.middle - middle) ** 2 + range.width ** 2 / 12),
    0,
  );
  return { mean: sum / total, variance: spread / Math.max(1, counted), count: total };
}
