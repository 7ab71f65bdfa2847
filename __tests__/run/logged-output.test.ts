import { expect, test } from '@jest/globals';
import { LoggedOutput } from '../../src/run/logged-output.ts';

test('output is printed as it comes, and its last lines are kept', () => {
  const printed: string[] = [];
  const output = new LoggedOutput((line) => printed.push(line), 2);
  for (const line of ['one', 'two', 'three']) output.push(line);
  output[Symbol.dispose]();
  expect(printed).toEqual(['one', 'two', 'three']);
  expect(output.lastLines).toEqual(['two', 'three']);
});

test('of output that is too long for the log the beginning and the end are printed', () => {
  const printed: string[] = [];
  const output = new LoggedOutput((line) => printed.push(line), 2);
  const long = 'x'.repeat(6_000_000);
  for (const line of [long, long, 'two', 'three', 'four']) output.push(line);
  output[Symbol.dispose]();
  expect(printed).toEqual([
    long,
    '… The output is too long for the log. Its last lines follow when it ends.',
    '… 2 lines are left out here.',
    'three',
    'four',
  ]);
});

test('what was printed already is not printed again at the end', () => {
  const printed: string[] = [];
  const output = new LoggedOutput((line) => printed.push(line), 30);
  for (const line of ['one', 'x'.repeat(10_000_000)]) output.push(line);
  output[Symbol.dispose]();
  expect(printed.map((line) => line.length)).toEqual([3, expect.any(Number), expect.any(Number), 10_000_000]);
});
