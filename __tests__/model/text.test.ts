import { expect, test } from '@jest/globals';
import { joinWithAnd } from '../../src/model/text.ts';

test('joinWithAnd joins names with commas, and the last one with "and"', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(joinWithAnd)).toEqual([
    'nothing',
    'a',
    'a and b',
    'a, b and c',
  ]);
});
