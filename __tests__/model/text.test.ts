import { expect, test } from '@jest/globals';
import { joinWithAnd } from '../../src/model/text.ts';

test('names are joined by commas, and the last one by "and"', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(joinWithAnd)).toEqual([
    'nothing',
    'a',
    'a and b',
    'a, b and c',
  ]);
});
