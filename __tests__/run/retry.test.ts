import { describe, expect, test } from '@jest/globals';
import { RetryLimit, retryTransient, retryWait, TransientError, waitRefusal } from '../../src/run/retry.ts';
import { remember } from '../image/support/build.ts';

const retryPolicy = { attempts: 3, firstWait: 1, longestWait: 4 };
const transient = () => new TransientError(new Error('503'));

describe('retryTransient', () => {
  test('tries again until the attempt succeeds, and logs each wait', async () => {
    const log = remember();
    const done = await retryTransient(
      'The push',
      async (number) => (number < 3 ? Promise.reject(transient()) : number),
      { log, retryPolicy, signal: undefined },
    );
    expect(done).toBe(3);
    expect(log.lines).toEqual([
      expect.stringContaining('The push failed: 503 Trying again in'),
      expect.stringContaining('(3 of 3)'),
    ]);
  });

  test('gives up after the last attempt, and throws the error itself', async () => {
    const log = remember();
    const attempt = retryTransient('The push', () => Promise.reject(transient()), {
      log,
      retryPolicy,
      signal: undefined,
    });
    await expect(attempt).rejects.not.toBeInstanceOf(TransientError);
    await expect(attempt).rejects.toThrow('503');
    expect(log.lines).toHaveLength(2);
  });

  test('of several attempts that share a limit, gives up all once it is over', async () => {
    const limit = new RetryLimit(10_000);
    const pause = (milliseconds: number): Promise<void> => {
      waits.push(milliseconds);
      return Promise.resolve();
    };
    const waits: number[] = [];
    const wait = (milliseconds: number) =>
      retryTransient(
        'x',
        () => Promise.reject(new TransientError(new Error('429'), { wait: milliseconds })),
        {
          ...{ log: remember(), retryPolicy, signal: undefined, pause, limit },
        },
      );
    await expect(wait(9_000)).rejects.toThrow('429');
    expect(waits).toEqual([9_000, 9_000]);
    await expect(wait(10_001)).rejects.toThrow('429');
    expect(waits).toHaveLength(2);
  });

  test('does not wait for hours, whoever asks for it', async () => {
    const waits: number[] = [];
    const pause = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
    const attempt = (wait: number) =>
      retryTransient('x', () => Promise.reject(new TransientError(new Error('429'), { wait })), {
        ...{ log: remember(), retryPolicy, signal: undefined, pause },
      });
    await expect(attempt(300_000)).rejects.toThrow('429');
    expect(waits).toEqual([300_000, 300_000]);
    await expect(attempt(300_001)).rejects.toThrow('429');
    expect(waits).toHaveLength(2);
    expect([waitRefusal(undefined), waitRefusal(300_000)]).toEqual(['', '']);
    expect(waitRefusal(21_600_000)).toBe(' It asks to try again in 6h, and a run waits for at most 5m.');
  });

  test('does not retry an error that is not transient', async () => {
    const log = remember();
    await expect(
      retryTransient('x', () => Promise.reject(new Error('401')), {
        log,
        retryPolicy,
        signal: undefined,
      }),
    ).rejects.toThrow('401');
    expect(log.lines).toEqual([]);
  });

  test('stops waiting when the job is cancelled, and throws why', async () => {
    const cancelled = new AbortController();
    const slow = { attempts: 3, firstWait: 60_000, longestWait: 60_000 };
    const attempt = retryTransient('x', () => Promise.reject(transient()), {
      log: remember(),
      retryPolicy: slow,
      signal: cancelled.signal,
    });
    cancelled.abort(new Error('The job was cancelled.'));
    await expect(attempt).rejects.toThrow('The job was cancelled.');
  });

  test('doubles the waits up to the longest; half of each wait is random', () => {
    const waits = (random: number) =>
      [1, 2, 3, 4, 5].map((number) =>
        retryWait(number, { attempts: 6, firstWait: 2000, longestWait: 10_000 }, random),
      );
    expect(waits(0)).toEqual([1000, 2000, 4000, 5000, 5000]);
    expect(waits(1)).toEqual([2000, 4000, 8000, 10_000, 10_000]);
  });
});
