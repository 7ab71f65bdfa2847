import { describe, expect, test } from '@jest/globals';
import { type Answers, NOTHING, parseSample, since, together } from '../../src/edge/metrics.ts';

const slot = (name: string, count: number): string =>
  [
    `${name} count ${count}`,
    `${name} errors 1`,
    `${name} timed ${count}`,
    `${name} seconds 1234567.890123`,
    `${name} in-flight 2`,
  ].join('\n');

describe('the sums that the edge prints', () => {
  test('are read, buckets in order and each for itself', () => {
    const buckets = ['blue le:+Inf 9', 'blue le:10 8', 'blue le:0.005 3', 'blue le:0.01 3', 'blue le:2.5 7'];
    const sample = parseSample(`${slot('blue', 9)}\n${buckets.join('\n')}\n${slot('green', 0)}\n`);
    expect(sample?.answers.blue).toEqual({
      count: 9,
      errors: 1,
      timed: 9,
      seconds: 1234567.890123,
      times: [
        [0.005, 3],
        [0.01, 0],
        [2.5, 4],
        [10, 1],
        [Number.POSITIVE_INFINITY, 1],
      ],
    });
    expect(sample?.answers.green.times).toEqual([]);
    expect(sample?.inFlight).toEqual({ blue: 2, green: 2 });
  });

  test.each([
    ['nothing', ''],
    ['one slot', slot('blue', 1)],
    ['no number', `${slot('blue', 1)}\n${slot('green', 1)}\nblue le:0.5 x\n`],
  ])('are no sample where there is %s', (_, printed) => {
    expect(parseSample(printed)).toBeUndefined();
  });
});

const some = (count: number, time = 0.01): Answers => ({
  count,
  errors: count / 10,
  timed: count,
  seconds: count * time,
  times: [
    [0.1, count],
    [Number.POSITIVE_INFINITY, 0],
  ],
});

describe('counters', () => {
  test('are told apart by what has been added', () => {
    expect(since(some(10), some(40))).toEqual({ ...some(30), seconds: expect.closeTo(0.3) });
    expect(since(NOTHING, some(40))).toEqual(some(40));
  });

  test('of an edge that was started anew begin with nothing', () => {
    expect(since(some(40), some(10))).toEqual(some(10));
    // As many again, which the times give away.
    expect(since(some(40, 0.02), some(40, 0.01))).toEqual(some(40, 0.01));
  });

  test('add up', () => {
    expect(together(some(10), some(20))).toEqual({ ...some(30), seconds: expect.closeTo(0.3) });
    expect(together(NOTHING, some(20))).toEqual(some(20));
  });
});
