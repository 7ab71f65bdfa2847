import { describe, expect, test } from '@jest/globals';
import { retryTransient, retryWait, TransientError } from '../../src/image/retry.ts';
import { remember } from './support/build.ts';

const retryPolicy = { attempts: 3, firstWait: 1, longestWait: 4 };
const passing = () => new TransientError(new Error('503'));

describe('trying again', () => {
  test('until it works, each time told', async () => {
    const log = remember();
    const done = await retryTransient(
      'The push',
      async (number) => (number < 3 ? Promise.reject(passing()) : number),
      { log, retryPolicy, signal: undefined },
    );
    expect(done).toBe(3);
    expect(log.lines).toEqual([
      expect.stringContaining('The push failed: 503 Trying again in'),
      expect.stringContaining('(3 of 3)'),
    ]);
  });

  test('no longer than it is worth, ending with the error itself', async () => {
    const log = remember();
    const attempt = retryTransient('The push', () => Promise.reject(passing()), {
      log,
      retryPolicy,
      signal: undefined,
    });
    await expect(attempt).rejects.not.toBeInstanceOf(TransientError);
    await expect(attempt).rejects.toThrow('503');
    expect(log.lines).toHaveLength(2);
  });

  test('never what can not pass', async () => {
    const log = remember();
    await expect(
      retryTransient('x', () => Promise.reject(new Error('401')), { log, retryPolicy, signal: undefined }),
    ).rejects.toThrow('401');
    expect(log.lines).toEqual([]);
  });

  test('not after the job was cancelled', async () => {
    const cancelled = new AbortController();
    const slow = { attempts: 3, firstWait: 60_000, longestWait: 60_000 };
    const attempt = retryTransient('x', () => Promise.reject(passing()), {
      log: remember(),
      retryPolicy: slow,
      signal: cancelled.signal,
    });
    cancelled.abort(new Error('The job was cancelled.'));
    await expect(attempt).rejects.toThrow('The job was cancelled.');
  });

  test('the waits double up to the longest, half of each is chance', () => {
    const waits = (chance: number) =>
      [1, 2, 3, 4, 5].map((number) =>
        retryWait(number, { attempts: 6, firstWait: 2000, longestWait: 10_000 }, chance),
      );
    expect(waits(0)).toEqual([1000, 2000, 4000, 5000, 5000]);
    expect(waits(1)).toEqual([2000, 4000, 8000, 10_000, 10_000]);
  });
});
