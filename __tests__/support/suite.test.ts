/** How a run of end-to-end tests ends when one of them hangs, and in which order and shards its files come. */
import { expect, test } from '@jest/globals';
import { longestFirst, shardOf } from './suite/schedule.ts';
import { StallWatch } from './suite/stall.ts';

const forever = new Promise<never>(() => undefined);
const after = (milliseconds: number): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve('done'), milliseconds));

test('what hangs is ended, and the error says what went on last', async () => {
  const watch = new StallWatch(40);
  const over = watch.over(forever);
  watch.see('docker pull');
  await expect(over).rejects.toThrow(/^It hangs: nothing went on for \d+ s\. The last was: docker pull$/);
});

test('what goes on is not ended, however long it lasts', async () => {
  const watch = new StallWatch(200);
  const over = watch.over(after(500));
  const going = setInterval(() => watch.see('a line'), 10);
  expect(await over).toBe('done');
  clearInterval(going);
});

test('what fails by itself fails as it did', async () => {
  const watch = new StallWatch(1000);
  await expect(watch.over(Promise.reject(new Error('of its own')))).rejects.toThrow('of its own');
});

const SECONDS = { a: 100, b: 10, c: 60, d: 50, e: 20 };
const FILES = ['e', 'new', 'c', 'b', 'd', 'a'];

test('the longest files come first; one that was never measured is taken for one of the middle', () => {
  expect(longestFirst(FILES, SECONDS)).toEqual(['a', 'c', 'd', 'new', 'e', 'b']);
});

test('shards have every file once, and about as much to do each', () => {
  const shards = [1, 2].map((part) => shardOf(FILES, SECONDS, part, 2));
  expect(shards).toEqual([
    ['a', 'new'],
    ['c', 'd', 'e', 'b'],
  ]);
  expect(shards.flat().sort()).toEqual(FILES.toSorted());
});
