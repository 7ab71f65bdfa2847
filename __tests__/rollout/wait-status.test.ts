import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { WaitNote } from '../../src/plan/outcome.ts';
import { everyTenSeconds, reportWait, type WaitStatus } from '../../src/rollout/wait-status.ts';

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

describe('a wait', () => {
  let notes: WaitNote[];
  let status: WaitStatus;
  beforeEach(() => {
    jest.useFakeTimers();
    notes = [];
    status = {};
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
  const open = (): Disposable => reportWait(status, (note) => notes.push(note), everyTenSeconds);
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      jest.advanceTimersByTime(1_000);
      await settle();
    }
  };

  test('is noted every ten seconds, with its limit and what is seen then', async () => {
    using _notes = open();
    let left = 3;
    status.limit = 60_000;
    status.look = () => `${left--} in flight`;
    await pass(9);
    expect(notes).toEqual([]);
    await pass(16);
    expect(notes).toEqual([
      { elapsed: 10_000, limit: 60_000, seen: '3 in flight' },
      { elapsed: 20_000, limit: 60_000, seen: '2 in flight' },
    ]);
  });

  test('without a limit and an observation is noted with its time alone', async () => {
    using _notes = open();
    await pass(10);
    expect(notes).toEqual([{ elapsed: 10_000, limit: undefined, seen: undefined }]);
  });

  test('is noted without an observation that fails', async () => {
    using _notes = open();
    status.look = () => Promise.reject(new Error('the connection was lost'));
    await pass(10);
    expect(notes).toMatchObject([{ elapsed: 10_000, seen: undefined }]);
  });

  test('is not noted again while an observation takes longer than ten seconds', async () => {
    using _notes = open();
    const looks = Promise.withResolvers<string>();
    status.look = () => looks.promise;
    await pass(30);
    expect(notes).toEqual([]);
    looks.resolve('1 healthy');
    await settle();
    expect(notes).toMatchObject([{ seen: '1 healthy' }]);
  });

  test('is not noted after its end, not even by an observation that comes late', async () => {
    const looks = Promise.withResolvers<string>();
    {
      using _notes = open();
      status.look = () => looks.promise;
      await pass(10);
    }
    looks.resolve('1 healthy');
    await pass(20);
    expect(notes).toEqual([]);
  });
});
