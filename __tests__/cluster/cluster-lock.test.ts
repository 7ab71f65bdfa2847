import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { breakClusterLock, ClusterLock } from '../../src/cluster/cluster-lock.ts';
import { MemoryLockPlace } from './support.ts';

const OWNER = { actor: 'mona', runUrl: 'https://github.test/runs/1' };
const silent = { owner: OWNER, remember: () => undefined };

async function taken(place: MemoryLockPlace): Promise<ClusterLock> {
  const lock = await ClusterLock.tryTake(place, silent);
  if (lock === undefined) throw new Error('It is locked.');
  return lock;
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('one run has it at a time, and the runner keeps its id until the run gives it back', async () => {
  const place = new MemoryLockPlace();
  const remembered: (string | undefined)[] = [];
  const claim = { owner: OWNER, remember: (_: string, id: string | undefined) => remembered.push(id) };
  {
    await using _lock = await ClusterLock.tryTake(place, claim);
    expect(await ClusterLock.tryTake(place, claim)).toBeUndefined();
  }
  expect(remembered).toEqual(['lock 1', undefined]);
  expect(place.id).toBeUndefined();
});

test('a lock that is another one at the next sign of life is lost, and not given back', async () => {
  const place = new MemoryLockPlace();
  const lock = await taken(place);
  place.id = 'of another run';
  await jest.advanceTimersByTimeAsync(15_000);
  expect(lock.lost.aborted).toBe(true);
  await expect(lock.assertHeld()).rejects.toThrow('ssh://manager: another run has locked it');
  await lock[Symbol.asyncDispose]();
  expect(place.id).toBe('of another run');
});

describe('while the cluster is not reached', () => {
  test('the lock is held until it expires, and then nothing is changed any more', async () => {
    const place = new MemoryLockPlace();
    const lock = await taken(place);
    place.isReached = false;
    await jest.advanceTimersByTimeAsync(50_000);
    await lock.assertHeld();
    await jest.advanceTimersByTimeAsync(6_000);
    await expect(lock.assertHeld()).rejects.toThrow('its lock could not be renewed for 60 s');
    expect(lock.lost.aborted).toBe(false);
  });

  test('a lock that nobody has taken meanwhile is held again', async () => {
    const place = new MemoryLockPlace();
    const lock = await taken(place);
    place.isReached = false;
    await jest.advanceTimersByTimeAsync(100_000);
    place.isReached = true;
    await expect(lock.assertHeld()).resolves.toBeUndefined();
  });
});

test('a sign of life that takes long is followed by no other one', async () => {
  const place = new MemoryLockPlace();
  let begun = 0;
  place.renew = () => {
    begun += 1;
    return new Promise(() => undefined);
  };
  await taken(place);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(begun).toBe(1);
});

describe('the lock of a run that was killed', () => {
  test('is taken up, and given back at the end', async () => {
    const place = new MemoryLockPlace();
    const id = await place.create(OWNER);
    {
      await using lock = await ClusterLock.takeUp(place, silent, id ?? '');
      await lock?.assertHeld();
    }
    expect(place.id).toBeUndefined();
  });

  test('is left alone if it is another one by now', async () => {
    const place = new MemoryLockPlace();
    await place.create(OWNER);
    expect(await ClusterLock.takeUp(place, silent, 'lock of before')).toBeUndefined();
    expect(place.id).toBe('lock 1');
  });
});

describe('a lock that is broken by hand', () => {
  test('is shown, and stays taken until its run must have noticed', async () => {
    const place = new MemoryLockPlace();
    const lock = await taken(place);
    const broken = breakClusterLock(place, silent, new AbortController().signal);
    await jest.advanceTimersByTimeAsync(15_000);
    expect(lock.lost.aborted).toBe(true);
    expect(place.id).toBe('lock 2');
    await jest.advanceTimersByTimeAsync(6_000);
    expect(await broken).toMatchObject({ id: 'lock 1', owner: OWNER });
    expect(place.id).toBeUndefined();
  });

  test('is gone at once if it has expired', async () => {
    const place = new MemoryLockPlace();
    await place.create(OWNER);
    place.isExpired = true;
    expect(await breakClusterLock(place, silent, new AbortController().signal)).toMatchObject({
      isExpired: true,
    });
    expect(place.id).toBeUndefined();
  });
});
