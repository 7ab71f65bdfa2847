import { expect, test } from '@jest/globals';
import { allOrThrow, inBackground } from '../../src/run/promises.ts';

test('inBackground passes an earlier failure to the code that awaits the result', async () => {
  const failed = inBackground(Promise.reject(new Error('no such host')));
  await new Promise(setImmediate);
  await expect(failed).rejects.toThrow('no such host');
});

test('allOrThrow waits for all promises and throws the first failure in their order', async () => {
  const ended: string[] = [];
  let end = (): void => undefined;
  const slow = new Promise<void>((resolve) => {
    end = resolve;
  }).then(() => {
    ended.push('slow');
    throw new Error('slow');
  });
  const quick = Promise.reject(new Error('quick'));
  const both = allOrThrow([slow, quick]);
  await new Promise(setImmediate);
  end();
  await expect(both).rejects.toThrow('slow');
  expect(ended).toEqual(['slow']);
});

test('allOrThrow returns the results in the order of the promises', async () => {
  expect(await allOrThrow([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});
