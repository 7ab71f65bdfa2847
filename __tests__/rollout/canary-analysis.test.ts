import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NO_REQUESTS, type ResponseStats } from '../../src/edge/metrics.ts';
import {
  type CanaryComparison,
  canaryFigures,
  findBreach,
  hasEnoughRequests,
  comparisonText as inWords,
  tooFewRequestsText,
} from '../../src/rollout/canary-analysis.ts';
import { LIMITS } from '../support/usual.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Number.POSITIVE_INFINITY];

/** So many answers, of which so many are 5xx; each took as long as it says, in turn. */
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
  before: [],
  waiting: 0,
  ...changes,
});
const breach = (
  own: ResponseStats,
  other?: ResponseStats,
  changes?: Partial<CanaryComparison>,
): string | undefined => findBreach(compare(own, other, changes), LIMITS);

describe('errors', () => {
  test('beyond the limit are told with the numbers of both releases', () => {
    expect(breach(answers(1204, 63), answers(20_311, 20))).toBe(
      '5.2% of 1,204 answers of the new release are 5xx, 0.098% of 20,311 of the old one: more than canary-max-errors allows (1%)',
    );
  });

  test('that the old release has as well are no reason', () => {
    expect(breach(answers(1000, 100), answers(1000, 98))).toBeUndefined();
  });

  test('of ten in a hundred are enough with the fewest requests that count', () => {
    expect(breach(answers(100, 10), answers(1900, 0))).toContain('10% of 100 answers');
  });

  test.each([
    ['one', 100, 1],
    ['two', 100, 2],
    ['as many as the limit allows', 1000, 10],
    ['a few more than the limit allows', 1000, 13],
  ])('that may be chance are no reason: %s', (_, count, errors) => {
    expect(breach(answers(count, errors), answers(2000, 0))).toBeUndefined();
  });

  test('are judged by themselves where there is nothing to compare with', () => {
    expect(breach(answers(100, 10))).toBe(
      '10% of 100 answers of the new release are 5xx: more than canary-max-errors allows (1%)',
    );
    expect(breach(answers(100, 10), NO_REQUESTS)).toBeDefined();
  });

  test('are compared with what the old release answered before, where it gets no requests now', () => {
    const before = [answers(5000, 500)];
    expect(breach(answers(500, 50), NO_REQUESTS, { before })).toBeUndefined();
    expect(breach(answers(500, 150), NO_REQUESTS, { before })).toContain('10% of 5,000 of the old one');
  });

  test('are compared with the shortest time before that has requests enough', () => {
    const [few, minutes, ever] = [answers(20, 20), answers(1000, 0), answers(90_000, 9000)];
    expect(breach(answers(500, 50), NO_REQUESTS, { before: [minutes, ever] })).toContain(
      '0% of 1,000 of the old',
    );
    expect(breach(answers(500, 50), NO_REQUESTS, { before: [few, ever] })).toBeUndefined();
    expect(breach(answers(500, 50), answers(100, 0), { before: [few, ever] })).toContain('0% of 100 of');
  });

  test('of less than enough requests tell where it is known how the old release does', () => {
    expect(breach(answers(60, 60), answers(2000, 0))).toMatch(
      /^100% of 60 answers of the new release are 5xx/,
    );
    expect(breach(answers(60, 1), answers(2000, 0))).toBeUndefined();
  });

  test('of less than enough requests of both say nothing', () => {
    expect(breach(answers(60, 60), answers(90, 0))).toBeUndefined();
  });
});

describe('latency', () => {
  const mixed = [4, 9, 15, 22, 31, 60, 120];
  const doubled = mixed.map((time) => time * 2);

  test('that has doubled is told with both means', () => {
    expect(breach(answers(301, 0, doubled), answers(2000, 0, mixed))).toBe(
      'the new release answers after 75 ms (301 requests), the old one after 37 ms (2,000): 2.0 times as long, more than canary-max-latency-ratio allows (1.5)',
    );
  });

  test('within the ratio is no reason', () => {
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

  test('of a few slow ones by chance is no reason', () => {
    expect(
      breach(answers(100, 0, [...Array<number>(24).fill(20), 1900]), answers(2000, 0, [20])),
    ).toBeUndefined();
  });

  test('that nobody notices is no reason, whatever the ratio', () => {
    expect(breach(answers(5000, 0, [5.5]), answers(5000, 0, [1]))).toBeUndefined();
    expect(breach(answers(5000, 0, [7]), answers(5000, 0, [1]))).toBeDefined();
  });

  test('of a release that has just been started is not judged', () => {
    const own = { all: answers(200, 0, doubled), warm: answers(10, 0, doubled) };
    expect(breach(NO_REQUESTS, answers(2000, 0, mixed), { own })).toBeUndefined();
  });
});

describe('silence', () => {
  test('of a release while requests wait for it and the old one answers is a breach', () => {
    expect(breach(NO_REQUESTS, answers(2000), { waiting: 40 })).toBe(
      'the new release has answered none of its requests, and 40 wait; the old one has answered 2,000',
    );
  });

  test('is none with a single answer, with few that wait, or where nobody is asked much', () => {
    expect(breach(answers(1), answers(2000), { waiting: 40 })).toBeUndefined();
    expect(breach(NO_REQUESTS, answers(2000), { waiting: 2 })).toBeUndefined();
    expect(breach(NO_REQUESTS, answers(20), { waiting: 40 })).toBeUndefined();
  });
});

describe('what was seen', () => {
  test('is said of both releases', () => {
    expect(inWords(compare(answers(1204, 2), answers(20_311, 20, [19])), LIMITS)).toBe(
      '1,204 requests, 0.17% of them 5xx, answered after 20 ms; the old release: 20,311 requests, 0.098% of them 5xx, answered after 19 ms',
    );
    expect(inWords(compare(NO_REQUESTS, undefined), LIMITS)).toBe('0 requests, 0% of them 5xx');
  });

  test('is said to be above a limit, where it may be chance', () => {
    expect(inWords(compare(answers(200, 3), answers(1000, 1)), LIMITS)).toMatch(
      /^200 requests, 1\.5% of them 5xx, .*: more than canary-max-errors allows \(1%\), but so few may be chance$/,
    );
  });

  test('may be too little', () => {
    expect(hasEnoughRequests(compare(answers(99), undefined), LIMITS)).toBe(false);
    expect(hasEnoughRequests(compare(answers(100), undefined), LIMITS)).toBe(true);
    expect(tooFewRequestsText(compare(answers(12), undefined), LIMITS)).toBe(
      '12 requests are too few to judge by (canary-min-requests is 100)',
    );
  });
});

/** A generator of pseudo-random numbers (mulberry32), so that a seed tells all. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A canary of 5 % that is judged after each 2 s of 150 requests, for so many looks; answers at which look it was rolled back. */
function canary(
  seed: number,
  looks: number,
  errors: readonly [own: number, other: number],
  slower = 1,
): number | undefined {
  const chance = random(seed);
  let own = NO_REQUESTS;
  let other = NO_REQUESTS;
  const grow = (to: ResponseStats, rate: number, factor: number): ResponseStats => {
    // Exponential times: as uneven as answers get.
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
  for (let look = 1; look <= looks; look += 1) {
    for (let request = 0; request < 150; request += 1) {
      if (chance() < 0.05) own = grow(own, errors[0], slower);
      else other = grow(other, errors[1], 1);
    }
    if (breach(own, other) !== undefined) return look;
  }
  return undefined;
}

describe('over many looks', () => {
  const SEEDS = Array.from({ length: 60 }, (_, index) => 1000 + index);

  test('a release that is as good as the old one is not rolled back by chance', () => {
    const turned = SEEDS.filter((seed) => canary(seed, 60, [0.01, 0.01]) !== undefined);
    expect(turned).toEqual([]);
  });

  test('one with ten errors in a hundred is rolled back soon after there are requests enough', () => {
    // 100 requests at 5 % are 14 looks.
    for (const seed of SEEDS) expect(canary(seed, 60, [0.1, 0.001])).toBeLessThanOrEqual(30);
  });

  test('one with twice the latency is rolled back within the step', () => {
    for (const seed of SEEDS.slice(0, 30))
      expect(canary(seed, 120, [0.001, 0.001], 2)).toBeLessThanOrEqual(120);
  });
});

test('more errors of the same requests never make a breach of none', () => {
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

test('figures for the summary are those that it is judged by', () => {
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
