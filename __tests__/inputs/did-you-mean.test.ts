import { describe, expect, test } from '@jest/globals';
import { didYouMean, nearestWord } from '../../src/inputs/did-you-mean.ts';

describe('nearestWord', () => {
  const INPUTS = ['environment', 'hosts', 'known-hosts', 'app', 'bake'];

  test.each([
    ['a missing letter', 'enviroment', 'environment'],
    ['a letter too many', 'environmentt', 'environment'],
    ['a wrong letter', 'environmant', 'environment'],
    ['three wrong letters out of twelve', 'invirronmant', 'environment'],
    ['capital letters', 'Hosts', 'hosts'],
    ['one edit to the nearest of several', 'host', 'hosts'],
  ])('finds the word in spite of %s', (_, word, meant) => {
    expect(nearestWord(word, INPUTS)).toBe(meant);
  });

  test.each([
    ['of which more than a third is wrong', 'backs'],
    ['that is similar to none', 'registry'],
    ['of one letter', 'x'],
    ['that is empty', ''],
  ])('finds nothing for a word %s', (_, word) => {
    expect(nearestWord(word, INPUTS)).toBeUndefined();
  });

  test('takes the candidate with the fewest edits, wherever it is in the list', () => {
    expect(nearestWord('kitten', ['sitting', 'mitten', 'bitter'])).toBe('mitten');
    expect(nearestWord('kitten', ['bitter', 'mitten', 'sitting'])).toBe('mitten');
  });
});

describe('didYouMean', () => {
  const STRATEGIES = ['blue-green', 'rolling', 'canary', 'recreate'];

  test.each([
    ['ROLLING', STRATEGIES, 'rolling'],
    ['Blue_Green', STRATEGIES, 'blue-green'],
    ['blue', STRATEGIES, 'blue-green'],
    ['rolling-update', STRATEGIES, 'rolling'],
    ['canery', STRATEGIES, 'canary'],
    ['yes', ['true', 'false'], 'true'],
    ['OFF', ['true', 'false'], 'false'],
  ])('for %p, one of %j was meant: %p', (word, choices, meant) => {
    expect(didYouMean(word, choices)).toBe(` Did you mean "${meant}"?`);
  });

  test.each(['', 'x', 're', 'kubernetes', 'yes'])('suggests no strategy for %p', (word) => {
    expect(didYouMean(word, STRATEGIES)).toBe('');
  });
});
