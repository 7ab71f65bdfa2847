import { expect, test } from '@jest/globals';
import { Tail } from '../../src/run/tail.ts';

test('a tail keeps the last lines up to its limit, oldest first', () => {
  const tail = new Tail(2);
  expect(tail.lines).toEqual([]);
  for (const line of ['one', 'two', 'three']) tail.push(line);
  expect(tail.lines).toEqual(['two', 'three']);
});
