import { describe, expect, test } from '@jest/globals';
import {
  addStats,
  type MetricsSample,
  NO_REQUESTS,
  parseSample,
  type ResponseStats,
  statsSince,
} from '../../src/edge/metrics.ts';

const slot = (name: string, count: number): string =>
  [
    `${name} count ${count}`,
    `${name} errors 1`,
    `${name} timed ${count}`,
    `${name} seconds 1234567.890123`,
    `${name} in-flight 2`,
    `${name} ended ${count + 3}`,
  ].join('\n');

describe('the sums that the script prints', () => {
  test('become counters and a histogram with separate buckets in order', () => {
    const buckets = ['blue le:+Inf 9', 'blue le:10 8', 'blue le:0.005 3', 'blue le:0.01 3', 'blue le:2.5 7'];
    const sample = parseSample(
      `edge started 4711\n${slot('blue', 9)}\n${buckets.join('\n')}\n${slot('green', 0)}\n`,
    );
    expect(sample?.stats.blue).toEqual({
      count: 9,
      errors: 1,
      timed: 9,
      seconds: 1234567.890123,
      histogram: [
        [0.005, 3],
        [0.01, 0],
        [2.5, 4],
        [10, 1],
        [Number.POSITIVE_INFINITY, 1],
      ],
    });
    expect(sample?.startTicks).toBe(4711);
    expect(sample?.stats.green.histogram).toEqual([]);
    expect(sample?.inFlight).toEqual({ blue: 2, green: 2 });
    expect(sample?.unanswered).toEqual({ blue: 5, green: 5 });
  });

  test.each([
    ['nothing', ''],
    ['one slot', `edge started 1\n${slot('blue', 1)}`],
    ['no start time', `${slot('blue', 1)}\n${slot('green', 1)}\n`],
    ['a value that is no number', `edge started 1\n${slot('blue', 1)}\n${slot('green', 1)}\nblue le:0.5 x\n`],
  ])('are no sample if they have %s', (_, printed) => {
    expect(parseSample(printed)).toBeUndefined();
  });
});

const some = (count: number, time = 0.01): ResponseStats => ({
  count,
  errors: count / 10,
  timed: count,
  seconds: count * time,
  histogram: [
    [0.1, count],
    [Number.POSITIVE_INFINITY, 0],
  ],
});

/** A sample of an edge with this start time. */
const sampled = (blue: ResponseStats, started = 1): MetricsSample => ({
  startTicks: started,
  stats: { blue, green: NO_REQUESTS },
  inFlight: { blue: 0, green: 0 },
  unanswered: { blue: 0, green: 0 },
});

describe('the counters of two samples', () => {
  test('give the responses in between by subtraction', () => {
    expect(statsSince(sampled(some(10)), sampled(some(40)), 'blue')).toEqual({
      ...some(30),
      seconds: expect.closeTo(0.3),
    });
    expect(statsSince(sampled(NO_REQUESTS), sampled(some(40)), 'blue')).toEqual(some(40));
    expect(statsSince(sampled(some(10)), sampled(some(40)), 'green')).toEqual(NO_REQUESTS);
  });

  test.each([10, 40, 4000])(
    'count from zero if the edge was started again, even if it has counted %p by now',
    (now) => {
      expect(statsSince(sampled(some(40)), sampled(some(now), 2), 'blue')).toEqual(some(now));
    },
  );

  test('can be added', () => {
    expect(addStats(some(10), some(20))).toEqual({ ...some(30), seconds: expect.closeTo(0.3) });
    expect(addStats(NO_REQUESTS, some(20))).toEqual(some(20));
  });
});
