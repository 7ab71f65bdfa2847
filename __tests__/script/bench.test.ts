import { expect, test } from '@jest/globals';
import { longestChain } from '../../script/lib/bench/engine-counter.ts';
import { median, pairedRatio, spread } from '../../script/lib/bench/figures.ts';
import { meetsGoal } from '../../script/lib/bench/transfer.ts';

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])('the median of %j is %d', (figures, expected) => {
  expect(median(figures)).toBe(expected);
});

test('pairedRatio is the median of the ratios of pairs, so a slow phase of the machine has no effect', () => {
  expect(pairedRatio([10, 100, 10], [20, 200, 20])).toBe(0.5);
  expect(spread([10, 30, 20], String)).toBe('20 (10 to 30)');
});

test.each([
  [
    'calls one after the other',
    [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
    3,
  ],
  [
    'calls at the same time',
    [
      [0, 9],
      [1, 9],
      [2, 8],
    ],
    1,
  ],
  [
    'a stream during calls one after the other',
    [
      [0, 100],
      [1, 2],
      [3, 4],
    ],
    2,
  ],
  [
    'a call that has not ended',
    [
      [0, 1],
      [2, Number.POSITIVE_INFINITY],
    ],
    1,
  ],
  ['no calls', [], 0],
])('longestChain counts the rounds of %s', (_, spans, expected) => {
  expect(longestChain(spans.map(([from = 0, to = 0]) => ({ from, to })))).toBe(expected);
});

test.each([
  ['2 MB in twice their time', 2e6, 2e6, 1600, true],
  ['2.1 MB', 2.1e6, 2e6, 1600, false],
  ['1 MB in more than twice its time, whatever else was received', 2e6, 1e6, 900, false],
])('the goal for an image on the wire: %s', (_, bytes, imageBytes, milliseconds, expected) => {
  expect(meetsGoal({ bytes, imageBytes, milliseconds })).toBe(expected);
});
