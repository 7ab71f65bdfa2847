import { expect, test } from '@jest/globals';
import { longestChain } from '../../script/lib/bench/engine-counter.ts';
import { median, pairedRatio, spread } from '../../script/lib/bench/figures.ts';

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])('the median of %j is %d', (figures, expected) => {
  expect(median(figures)).toBe(expected);
});

test('a ratio is that of the pairs, so that a slow moment of the machine falls out', () => {
  expect(pairedRatio([10, 100, 10], [20, 200, 20])).toBe(0.5);
  expect(spread([10, 30, 20], String)).toBe('20 (10 to 30)');
});

test.each([
  [
    'one after the other',
    [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
    3,
  ],
  [
    'side by side',
    [
      [0, 9],
      [1, 9],
      [2, 8],
    ],
    1,
  ],
  [
    'a stream beside calls that follow each other',
    [
      [0, 100],
      [1, 2],
      [3, 4],
    ],
    2,
  ],
  [
    'one that is under way still',
    [
      [0, 1],
      [2, Number.POSITIVE_INFINITY],
    ],
    1,
  ],
  ['none', [], 0],
])('rounds: %s', (_, spans, expected) => {
  expect(longestChain(spans.map(([from = 0, to = 0]) => ({ from, to })))).toBe(expected);
});
