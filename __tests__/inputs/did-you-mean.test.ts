import { expect, test } from '@jest/globals';
import { didYouMean, editDistance, nearestWord } from '../../src/inputs/did-you-mean.ts';

test.each([
  ['', '', 0],
  ['a', '', 1],
  ['kitten', 'sitting', 3],
  ['flaw', 'lawn', 2],
  ['hosts', 'host', 1],
  ['same', 'same', 0],
])('from %p to %p it takes %d edits', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});

test.each([
  ['enviroment', 'environment'],
  ['host', 'hosts'],
  ['registry', undefined],
  ['x', undefined],
])('%s was probably meant to be %p', (word, meant) => {
  expect(nearestWord(word, ['environment', 'hosts', 'known-hosts', 'app'])).toBe(meant);
});

const STRATEGIES = ['blue-green', 'rolling', 'canary', 'recreate'];
test.each([
  ['ROLLING', STRATEGIES, 'rolling'],
  ['Blue_Green', STRATEGIES, 'blue-green'],
  ['blue', STRATEGIES, 'blue-green'],
  ['rolling-update', STRATEGIES, 'rolling'],
  ['canery', STRATEGIES, 'canary'],
  ['yes', ['true', 'false'], 'true'],
  ['OFF', ['true', 'false'], 'false'],
])('of %p among %j it is asked whether %p was meant', (word, choices, meant) => {
  expect(didYouMean(word, choices)).toBe(` Did you mean "${meant}"?`);
});

test.each(['', 'x', 're', 'kubernetes', 'yes'])('of %p nothing is asked', (word) => {
  expect(didYouMean(word, STRATEGIES)).toBe('');
});
