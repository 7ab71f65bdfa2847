import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { NotFound } from '../../src/engine/errors.ts';
import { HostError } from '../../src/model/errors.ts';
import { HostLock } from '../../src/rollout/host-lock.ts';
import { hostName } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const HOST = hostName('one');
const KEY = { app: 'shop', environment: 'test' };

/** The containers that the runner was to keep for the post step. */
let remembered: (string | undefined)[];
const claim = {
  owner: { actor: 'ada', runUrl: undefined },
  remember: (_host: string, containerId: string | undefined) => void remembered.push(containerId),
};

beforeEach(() => {
  jest.useFakeTimers();
  remembered = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** A run that has just locked a host, whose engine writes leases so. */
async function lockOn(writeFiles: Engine['writeFiles'], createTakes = 0): Promise<HostLock> {
  const engine = Object.assign(new MemoryEngine(HOST), {
    now: () => Date.now(),
    createContainer: async () => {
      await elapsed(createTakes);
      return 'lock';
    },
    removeContainer: () => Promise.resolve(),
    writeFiles,
  });
  const locking = HostLock.tryAcquire(engine, KEY, claim);
  await jest.advanceTimersByTimeAsync(createTakes);
  const lock = await locking;
  if (!(lock instanceof HostLock)) throw new Error('It is locked.');
  return lock;
}

const elapsed = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('an engine that hangs while a lease is written', () => {
  /** Milliseconds that a call to an engine may take by itself. */
  const USUAL_LIMIT = 120_000;

  test('has one write to do at a time, and the end of the lock waits for that one only', async () => {
    let begun = 0;
    const lock = await lockOn(async (_id, _path, _files, { limit = USUAL_LIMIT } = {}) => {
      begun += 1;
      await elapsed(limit);
      throw new HostError(HOST, 'its Docker engine has not answered');
    });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(begun).toBeGreaterThan(4);
    expect(begun).toBeLessThan(13);
    let hasEnded = false;
    void lock[Symbol.asyncDispose]().then(() => {
      hasEnded = true;
    });
    await jest.advanceTimersByTimeAsync(6_000);
    expect(hasEnded).toBe(true);
  });

  test('once, does not cost the lock', async () => {
    let writes = 0;
    const lock = await lockOn(async (_id, _path, _files, { limit = USUAL_LIMIT } = {}) => {
      writes += 1;
      if (writes !== 2) return;
      await elapsed(limit);
      throw new HostError(HOST, 'its Docker engine has not answered');
    });
    for (let second = 0; second < 60; second += 1) {
      await jest.advanceTimersByTimeAsync(1_000);
      lock.assertHeld();
    }
    await lock[Symbol.asyncDispose]();
  });
});

test('a lease that is renewed after it has expired counts with the next renewal: another run may be about to remove the lock', async () => {
  const reachableAt = performance.now() + 17_000;
  const lock = await lockOn(() =>
    performance.now() < reachableAt ? Promise.reject(new HostError(HOST, 'cut')) : Promise.resolve(),
  );
  await jest.advanceTimersByTimeAsync(17_000);
  expect(() => lock.assertHeld()).toThrow(/could not be renewed for 15 s/);
  await jest.advanceTimersByTimeAsync(4_000);
  expect(() => lock.assertHeld()).toThrow(/could not be renewed for 15 s/);
  await jest.advanceTimersByTimeAsync(4_000);
  expect(() => lock.assertHeld()).not.toThrow();
  await lock[Symbol.asyncDispose]();
});

test('a lock that its engine took long to make counts no longer than others find it held without a lease', async () => {
  const lock = await lockOn(() => new Promise(() => undefined), 20_000);
  expect(() => lock.assertHeld()).not.toThrow();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(() => lock.assertHeld()).toThrow(/could not be renewed/);
});

test('a lock that has expired is not taken up at once: another run may be about to remove it', async () => {
  let writes = 0;
  const engine: MemoryEngine = Object.assign(new MemoryEngine(HOST), {
    now: () => 1_000,
    readFiles: () => Promise.resolve(new Map([['lease', Buffer.from('{"expires":999}')]])),
    writeFiles: () => {
      writes += 1;
      // The wait for the other run ends at once.
      engine.disconnect(new HostError(HOST, 'gone'));
      return Promise.resolve();
    },
  });
  await expect(HostLock.takeUp(engine, KEY, claim, 'lock')).rejects.toThrow('gone');
  expect(writes).toBe(1);
  expect(remembered).toEqual([]);
});

describe('a run whose lock was removed', () => {
  /** An engine that can't be reached for so many milliseconds, in which the lock of the run is removed. */
  async function lockAfterCut(milliseconds: number): Promise<HostLock> {
    const reachableAt = performance.now() + milliseconds;
    let locks = 0;
    const engine = Object.assign(new MemoryEngine(HOST), {
      now: () => Date.now(),
      createContainer: () => Promise.resolve(`lock-${++locks}`),
      removeContainer: () => Promise.resolve(),
      writeFiles: (id: string) => {
        if (id !== 'lock-1' || performance.now() === reachableAt - milliseconds) return Promise.resolve();
        const isCut = performance.now() < reachableAt;
        return Promise.reject(isCut ? new HostError(HOST, 'cut') : new NotFound(HOST, 'no such container'));
      },
    });
    const lock = await HostLock.tryAcquire(engine, KEY, claim);
    if (!(lock instanceof HostLock)) throw new Error('It is locked.');
    await jest.advanceTimersByTimeAsync(milliseconds + 4_000);
    return lock;
  }

  test('takes it again as long as its lease lasts', async () => {
    const lock = await lockAfterCut(7_000);
    expect(() => lock.assertHeld()).not.toThrow();
    expect(lock.lost.aborted).toBe(false);
  });

  test('changes nothing more if its lease had expired, and leaves nothing to its post step: another run may have had the lock since', async () => {
    const lock = await lockAfterCut(20_000);
    expect(() => lock.assertHeld()).toThrow(/another run has locked it/);
    expect(lock.lost.reason).toMatchObject({ message: expect.stringContaining('another run has locked it') });
    expect(remembered.at(-1)).toBeUndefined();
  });
});
