import { expect, test } from '@jest/globals';
import { waitForClusterLock } from '../src/cluster-lock.ts';
import type { Initiator } from '../src/model/initiator.ts';
import { MemoryLockPlace } from './cluster/support.ts';

const FIRST = { actor: 'mona', runUrl: 'https://github.test/runs/1' };
const claim = { owner: { actor: 'hubot', runUrl: undefined }, remember: () => undefined };
const signal = new AbortController().signal;

function logged() {
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line), notice() {}, warning() {}, debug() {} };
  return { lines, context: { log, signal, hasEnded: (): boolean => false } };
}

test('a run waits for the one that has the lock, and says whose it is', async () => {
  const place = new MemoryLockPlace();
  const id = (await place.create(FIRST)) ?? '';
  const { lines, context } = logged();
  await using lock = await waitForClusterLock(place, claim, 60_000, context, () => place.remove(id));
  await lock.assertHeld();
  expect(lines).toEqual([
    'ssh://manager: waiting for a run of mona, which has locked it since 2026-01-01 00:00 UTC (https://github.test/runs/1).',
  ]);
});

test('a run that has waited for lock-timeout fails, and names the other one', async () => {
  const place = new MemoryLockPlace();
  await place.create(FIRST);
  await expect(waitForClusterLock(place, claim, 0, logged().context, async () => undefined)).rejects.toThrow(
    /^ssh:\/\/manager: lock-timeout: after 0ms it is still locked by a run of mona, .*its lock ends 60 s after its last sign of life\.$/,
  );
});

test('a run that waits takes the lock over when it expires, and says so', async () => {
  const place = new MemoryLockPlace();
  await place.create(FIRST);
  const { lines, context } = logged();
  const pause = async (): Promise<void> => {
    place.isExpired = true;
  };
  await using lock = await waitForClusterLock(place, claim, 60_000, context, pause);
  await lock.assertHeld();
  expect(lines).toEqual([
    expect.stringContaining('waiting for a run of mona'),
    expect.stringContaining('has expired: that run has ended'),
  ]);
});

test.each([
  ['its last sign of life is not old', false, true],
  ['GitHub does not say so', true, false],
])('a run that has ended by what is known of it keeps its lock if %s', async (_, isOverdue, hasEnded) => {
  const place = new MemoryLockPlace();
  await place.create(FIRST);
  Object.assign(place, { isOverdue });
  const context = { ...logged().context, hasEnded: () => hasEnded };
  await expect(waitForClusterLock(place, claim, 0, context, async () => undefined)).rejects.toThrow(
    /still locked/,
  );
});

test('the lock of a run without a sign of life is taken over as soon as GitHub says that it has ended', async () => {
  const place = new MemoryLockPlace();
  await place.create(FIRST);
  place.isOverdue = true;
  let asked = 0;
  const hasEnded = ({ runUrl }: Initiator): boolean => {
    asked += 1;
    return runUrl === FIRST.runUrl && asked > 1;
  };
  const { lines, context } = logged();
  const waiting = { ...context, hasEnded };
  await using lock = await waitForClusterLock(place, claim, 60_000, waiting, async () => undefined);
  await lock.assertHeld();
  expect(lines).toEqual([
    expect.stringContaining('waiting for a run of mona'),
    'ssh://manager: the lock of a run of mona, which has locked it since 2026-01-01 00:00 UTC (https://github.test/runs/1) gives no sign of life, and GitHub says that this run has ended. It is removed.',
  ]);
});

test('the lock of a run that is dead is taken over at once', async () => {
  const place = new MemoryLockPlace();
  await place.create(FIRST);
  place.isExpired = true;
  const { lines, context } = logged();
  await using lock = await waitForClusterLock(place, claim, 0, context, () =>
    Promise.reject(new Error('waits')),
  );
  await lock.assertHeld();
  expect(lines).toEqual([expect.stringContaining('has expired: that run has ended')]);
});

test('an object of somebody else that has the name of the lock is an error that names it', async () => {
  const place = new MemoryLockPlace();
  place.create = async () => undefined;
  await expect(
    waitForClusterLock(place, claim, 60_000, logged().context, async () => undefined),
  ).rejects.toThrow('something that Sealift did not make has the name of the lock: config shop');
});
