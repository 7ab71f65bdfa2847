/**
 * How certain a difference between two releases is when there are few requests. Pure.
 *
 * A watch compares releases many times, so each comparison must be more certain than the whole watch: at three standard
 * errors, one comparison in 740 finds a difference where there is none.
 */
const STANDARD_ERRORS = 3;

/** `count` of `total`. */
export interface Proportion {
  readonly count: number;
  readonly total: number;
}

/**
 * By how much one proportion exceeds another at least: Newcombe's interval for a difference of proportions, built from
 * Wilson's interval for each (Statistics in Medicine 17, 1998, method 10). Unlike the normal interval it holds for few
 * requests and for proportions near 0. If there is nothing to compare with, the lower bound of the proportion itself.
 */
export function differenceLowerBound(one: Proportion, other: Proportion): number {
  const [share, lower] = [ratio(one), wilsonBound(one, -1)];
  if (other.total === 0) return lower;
  const otherShare = ratio(other);
  return share - otherShare - Math.hypot(share - lower, wilsonBound(other, 1) - otherShare);
}

const ratio = ({ count, total }: Proportion): number => (total === 0 ? 0 : count / total);

/** A bound of Wilson's interval: the lower one with -1, the upper one with 1. */
function wilsonBound({ count, total }: Proportion, end: -1 | 1): number {
  if (total === 0) return end === 1 ? 1 : 0;
  const share = count / total;
  const square = STANDARD_ERRORS ** 2 / total;
  const half = STANDARD_ERRORS * Math.sqrt((share * (1 - share)) / total + square / (4 * total));
  return (share + square / 2 + end * half) / (1 + square);
}

export interface TimeStatistics {
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

/** Whether one mean certainly exceeds a multiple of another: by more than three standard errors of the difference. */
export function significantlyExceeds(one: TimeStatistics, other: TimeStatistics, multiple: number): boolean {
  if (one.count === 0 || other.count === 0) return false;
  const error = Math.sqrt(one.variance / one.count + (multiple ** 2 * other.variance) / other.count);
  return one.mean - multiple * other.mean > STANDARD_ERRORS * error;
}

/** From a histogram: the mean is exact; the variance assumes that times are spread evenly within a bucket. */
export function statisticsFromHistogram(
  total: number,
  buckets: readonly (readonly [limit: number, count: number])[],
  sum: number,
): TimeStatistics {
  if (total === 0) return { mean: 0, variance: 0, count: 0 };
  const ranges = buckets.map(([limit, count], index) => {
    const from = buckets[index - 1]?.[0] ?? 0;
    // The last bucket has no upper limit; three times the largest limit is far for a response.
    const to = Number.isFinite(limit) ? limit : from * 3;
    return { count, middle: (from + to) / 2, width: to - from };
  });
  const sumOf = (value: (range: (typeof ranges)[number]) => number): number =>
    ranges.reduce((all, range) => all + range.count * value(range), 0);
  const counted = Math.max(
    1,
    sumOf(() => 1),
  );
  const middle = sumOf((range) => range.middle) / counted;
  const variance = sumOf((range) => (range.middle - middle) ** 2 + range.width ** 2 / 12) / counted;
  return { mean: sum / total, variance, count: total };
}
