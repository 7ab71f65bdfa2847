import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_REQUESTS, type ResponseStats } from '../../src/edge/metrics.ts';
import {
  type CanaryComparison,
  canaryFigures,
  comparisonText,
  findBreach,
  findBreachAtEnd,
  hasEnoughRequests,
  tooFewRequestsText,
} from '../../src/rollout/canary-analysis.ts';
import { LIMITS } from '../support/usual.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Number.POSITIVE_INFINITY];

/** `count` answers, `errors` of them 5xx; their times are taken from the list in turn. */
function answers(count: number, errors = 0, milliseconds: readonly number[] = [20]): ResponseStats {
  const times = Array.from(
    { length: count },
    (_, index) => (milliseconds[index % milliseconds.length] ?? 0) / 1000,
  );
  const bucketOf = (time: number): number => BUCKETS.findIndex((limit) => time <= limit);
  return {
    count,
    errors,
    timed: count,
    seconds: times.reduce((sum, time) => sum + time, 0),
    histogram: BUCKETS.map((limit, index) => [
      limit,
      times.filter((time) => bucketOf(time) === index).length,
    ]),
  };
}

const seen = (all: ResponseStats) => ({ all, warm: all });
const compare = (
  own: ResponseStats,
  other: ResponseStats | undefined,
  changes: Partial<CanaryComparison> = {},
): CanaryComparison => ({
  own: seen(own),
  other: other && seen(other),
  before: undefined,
  waiting: 0,
  silence: undefined,
  ...changes,
});
const breach = (
  own: ResponseStats,
  other?: ResponseStats,
  changes?: Partial<CanaryComparison>,
): string | undefined => findBreach(compare(own, other, changes), LIMITS);

describe('the errors of a release', () => {
  test('are a breach above the limit, with the figures of both releases', () => {
    expect(breach(answers(1204, 63), answers(20_311, 20))).toBe(
      '5.2% of 1,204 answers of the new release are 5xx, 0.098% of 20,311 of the old one: more than canary-max-errors allows (1%)',
    );
  });

  test('are no breach if the old release has as many', () => {
    expect(breach(answers(1000, 100), answers(1000, 98))).toBeUndefined();
  });

  test('are a breach with 10 of 100 requests, the fewest that count', () => {
    expect(breach(answers(100, 10), answers(1900, 0))).toContain('10% of 100 answers');
  });

  test.each([
    ['one', 100, 1],
    ['two', 100, 2],
    ['as many as the limit allows', 1000, 10],
    ['a few more than the limit allows', 1000, 13],
  ])('are no breach if they may be chance: %s', (_, count, errors) => {
    expect(breach(answers(count, errors), answers(2000, 0))).toBeUndefined();
  });

  test('are judged by themselves if there is nothing to compare with', () => {
    expect(breach(answers(100, 10))).toBe(
      '10% of 100 answers of the new release are 5xx: more than canary-max-errors allows (1%)',
    );
    expect(breach(answers(100, 10), NO_REQUESTS)).toBeDefined();
  });

  test('are compared with what the old release answered before, if it gets no requests now', () => {
    const before = answers(5000, 500);
    expect(breach(answers(500, 50), NO_REQUESTS, { before })).toBeUndefined();
    expect(breach(answers(500, 150), NO_REQUESTS, { before })).toContain('10% of 5,000 of the old one');
  });

  test('are compared with what it answers now, if that is enough', () => {
    const before = answers(90_000, 9000);
    expect(breach(answers(500, 50), NO_REQUESTS, { before })).toBeUndefined();
    expect(breach(answers(500, 50), answers(100, 0), { before })).toContain('0% of 100 of');
  });

  test('are a breach with few requests if enough is known of the old release', () => {
    expect(breach(answers(60, 60), answers(2000, 0))).toMatch(
      /^100% of 60 answers of the new release are 5xx/,
    );
    expect(breach(answers(60, 1), answers(2000, 0))).toBeUndefined();
  });

  test('are no breach with few requests of both releases', () => {
    expect(breach(answers(60, 60), answers(90, 0))).toBeUndefined();
  });
});

describe('the latency of a release', () => {
  const mixed = [4, 9, 15, 22, 31, 60, 120];
  const doubled = mixed.map((time) => time * 2);

  test('is a breach when it has doubled, with the means of both releases', () => {
    expect(breach(answers(301, 0, doubled), answers(2000, 0, mixed))).toBe(
      'the new release answers after 75 ms (301 requests), the old one after 37 ms (2,000): 2.0 times as long, more than canary-max-latency-ratio allows (1.5)',
    );
  });

  test('is no breach within the ratio', () => {
    expect(
      breach(
        answers(
          5000,
          0,
          mixed.map((time) => time * 1.4),
        ),
        answers(5000, 0, mixed),
      ),
    ).toBeUndefined();
  });

  test('is no breach if a few slow requests may be chance', () => {
    expect(
      breach(answers(100, 0, [...Array<number>(24).fill(20), 1900]), answers(2000, 0, [20])),
    ).toBeUndefined();
  });

  test('is no breach if the difference is too short to notice, whatever the ratio', () => {
    expect(breach(answers(5000, 0, [5.5]), answers(5000, 0, [1]))).toBeUndefined();
    expect(breach(answers(5000, 0, [7]), answers(5000, 0, [1]))).toBeDefined();
  });

  test('is not judged while the release has just started', () => {
    const own = { all: answers(200, 0, doubled), warm: answers(10, 0, doubled) };
    expect(breach(NO_REQUESTS, answers(2000, 0, mixed), { own })).toBeUndefined();
  });
});

describe('a release that answers nothing', () => {
  test('is a breach while requests wait for it and the old release answers', () => {
    expect(breach(NO_REQUESTS, answers(2000), { waiting: 40 })).toBe(
      'the new release has answered none of its requests, and 40 wait; the old one has answered 2,000',
    );
  });

  test('is no breach after one answer, with few waiting requests, or with few requests at all', () => {
    expect(breach(answers(1), answers(2000), { waiting: 40 })).toBeUndefined();
    expect(breach(NO_REQUESTS, answers(2000), { waiting: 2 })).toBeUndefined();
    expect(breach(NO_REQUESTS, answers(20), { waiting: 40 })).toBeUndefined();
  });

  test('is no breach before its watch is over if the old release answers little meanwhile too', () => {
    const halted = compare(NO_REQUESTS, answers(12), { before: answers(387), waiting: 10 });
    expect(findBreach(halted, LIMITS)).toBeUndefined();
    expect(findBreachAtEnd(halted, LIMITS)).toBe(
      'the new release has answered none of its requests, and 10 wait; the old one has answered 399',
    );
  });
});

describe('a release in whose place the edge answers', () => {
  /** Answers of the edge itself have no time to the first byte. */
  const edgeAnswers = (count: number): ResponseStats => ({ ...NO_REQUESTS, count, errors: count });

  test('is a breach after few requests, whatever is known of the old release', () => {
    for (const other of [undefined, answers(2), answers(1000)]) {
      expect(breach(edgeAnswers(2), other)).toBeUndefined();
      expect(breach(edgeAnswers(3), other)).toBe(
        'the new release has not answered any of its 3 requests: the edge answered 502 in its place, because it got no answer from a container',
      );
    }
  });

  test('is a breach at the end after a single request', () => {
    const atEnd = (own: ResponseStats) => findBreachAtEnd(compare(own, answers(2)), LIMITS);
    expect(atEnd(edgeAnswers(1))).toContain('has not answered its only request');
    expect(atEnd(NO_REQUESTS)).toBeUndefined();
  });

  test('is none as soon as the release itself has answered, even with 5xx', () => {
    const own = { ...answers(1, 1), count: 4, errors: 4 };
    expect(breach(own, answers(2))).toBeUndefined();
    expect(findBreachAtEnd(compare(own, answers(2)), LIMITS)).toBeUndefined();
  });
});

describe('the text about a comparison', () => {
  test('has the figures of both releases', () => {
    expect(comparisonText(compare(answers(1204, 2), answers(20_311, 20, [19])), LIMITS)).toBe(
      '1,204 requests, 0.17% of them 5xx, answered after 20 ms; the old release: 20,311 requests, 0.098% of them 5xx, answered after 19 ms',
    );
    expect(comparisonText(compare(NO_REQUESTS, undefined), LIMITS)).toBe('no requests');
  });

  test('says that errors are above the limit but may be chance', () => {
    expect(comparisonText(compare(answers(200, 3), answers(1000, 1)), LIMITS)).toMatch(
      /^200 requests, 1\.5% of them 5xx, .*: more than canary-max-errors allows \(1%\), but so few may be chance$/,
    );
  });

  test('says when there are too few requests to judge by', () => {
    expect(hasEnoughRequests(compare(answers(99), undefined), LIMITS)).toBe(false);
    expect(hasEnoughRequests(compare(answers(100), undefined), LIMITS)).toBe(true);
    expect(tooFewRequestsText(compare(answers(12), undefined), LIMITS)).toBe(
      '12 requests are too few to judge by ("canary-min-requests" is 100)',
    );
  });
});

/** A generator of pseudo-random numbers (mulberry32): the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A canary with 5 % of 150 requests each 2 s; returns the number of the comparison at which it was rolled back. */
function canary(
  seed: number,
  comparisons: number,
  errors: readonly [own: number, other: number],
  slower = 1,
): number | undefined {
  const chance = random(seed);
  let own = NO_REQUESTS;
  let other = NO_REQUESTS;
  const grow = (to: ResponseStats, rate: number, factor: number): ResponseStats => {
    // Exponential times: as uneven as times of answers get.
    const time = -Math.log(1 - chance()) * 0.03 * factor;
    const bucket = BUCKETS.findIndex((limit) => time <= limit);
    const times = BUCKETS.map(
      (limit, index) => [limit, (to.histogram[index]?.[1] ?? 0) + (index === bucket ? 1 : 0)] as const,
    );
    const failed = chance() < rate ? 1 : 0;
    return {
      count: to.count + 1,
      errors: to.errors + failed,
      timed: to.timed + 1,
      seconds: to.seconds + time,
      histogram: times,
    };
  };
  for (let comparison = 1; comparison <= comparisons; comparison += 1) {
    for (let request = 0; request < 150; request += 1) {
      if (chance() < 0.05) own = grow(own, errors[0], slower);
      else other = grow(other, errors[1], 1);
    }
    if (breach(own, other) !== undefined) return comparison;
  }
  return undefined;
}

describe('over many comparisons', () => {
  const SEEDS = Array.from({ length: 60 }, (_, index) => 1000 + index);

  test('a release that is as good as the old one is not rolled back by chance', () => {
    const rolledBack = SEEDS.filter((seed) => canary(seed, 60, [0.01, 0.01]) !== undefined);
    expect(rolledBack).toEqual([]);
  });

  test('a release with 10% errors is rolled back soon after there are enough requests', () => {
    // 100 requests at 5 % are 14 comparisons.
    for (const seed of SEEDS) expect(canary(seed, 60, [0.1, 0.001])).toBeLessThanOrEqual(30);
  });

  test('a release with twice the latency is rolled back within the step', () => {
    for (const seed of SEEDS.slice(0, 30))
      expect(canary(seed, 120, [0.001, 0.001], 2)).toBeLessThanOrEqual(120);
  });
});

test('more errors in as many requests never turn a breach into none', () => {
  const count = fc.integer({ min: 100, max: 5000 });
  fc.assert(
    fc.property(
      count,
      count,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (own, other, share, base) => {
        const errors = Math.floor(own * share);
        const bare = (of: number, failed: number): ResponseStats => ({
          ...NO_REQUESTS,
          count: of,
          errors: failed,
        });
        const old = bare(other, Math.floor(other * base * 0.2));
        fc.pre(errors < own);
        if (breach(bare(own, errors), old) !== undefined)
          expect(breach(bare(own, errors + 1), old)).toBeDefined();
      },
    ),
  );
});

test('the figures for the summary are those that the release is judged by', () => {
  expect(canaryFigures(compare(answers(200, 3), answers(1000, 1, [10])), LIMITS)).toEqual({
    release: { requests: 200, errors: 3, latencyMs: expect.closeTo(20) },
    baseline: { requests: 1000, errors: 1, latencyMs: expect.closeTo(10) },
  });
  expect(canaryFigures(compare(answers(200, 3), answers(1000, 1)), LIMITS)).toMatchObject({
    inconclusive: true,
  });
  expect(canaryFigures(compare(answers(200, 2), answers(1000, 1)), LIMITS)).not.toHaveProperty(
    'inconclusive',
  );
  expect(canaryFigures(compare(answers(200, 40), answers(1000, 1)), LIMITS)).not.toHaveProperty(
    'inconclusive',
  );
  expect(canaryFigures(compare(NO_REQUESTS, undefined), LIMITS)).toEqual({
    release: { requests: 0, errors: 0, latencyMs: undefined },
    baseline: undefined,
    tooFewRequests: true,
  });
});
