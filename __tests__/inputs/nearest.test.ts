import { expect, test } from '@jest/globals';
import { distance, nearest } from '../../src/inputs/nearest.ts';

test.each([
  ['', '', 0],
  ['a', '', 1],
  ['kitten', 'sitting', 3],
  ['flaw', 'lawn', 2],
  ['hosts', 'host', 1],
  ['same', 'same', 0],
])('from %p to %p it takes %d edits', (a, b, edits) => {
  expect(distance(a, b)).toBe(edits);
  expect(distance(b, a)).toBe(edits);
});

test.each([
  ['enviroment', 'environment'],
  ['host', 'hosts'],
  ['registry', undefined],
  ['x', undefined],
])('%s was probably meant to be %p', (word, meant) => {
  expect(nearest(word, ['environment', 'hosts', 'known-hosts', 'app'])).toBe(meant);
});
