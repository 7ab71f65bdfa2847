import { describe, expect, test } from '@jest/globals';
import type { Engine } from '../../src/engine/engine.ts';
import { Conflict, NotFound } from '../../src/engine/errors.ts';
import { HostError } from '../../src/model/errors.ts';
import type { Initiator } from '../../src/model/initiator.ts';
import { lockFleet, lockFleetAtOnce } from '../../src/rollout/fleet-lock.ts';
import { HostLock } from '../../src/rollout/host-lock.ts';
import { hostName } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const HOST = hostName('one');
const NOW = Date.parse('2026-01-01T13:00:00Z');
const CLAIM = { owner: { actor: 'ada', runUrl: undefined }, remember: () => undefined };

const waits = {
  timeout: 60_000,
  log: { info: () => undefined, notice: () => undefined, warning: () => undefined, debug: () => undefined },
  signal: new AbortController().signal,
  hasEnded: () => false,
  onWait: () => undefined,
};

/** An engine on which another run has locked the host for an hour; its lease can't be read for so many times. */
function lockedEngine(unreadable: number): Engine {
  let left = unreadable;
  const now = NOW;
  const lock = { actor: 'grace', since: '2026-01-01T12:00:00Z' };
  const labels = { 'sealift.role': 'lock', 'sealift.lock': JSON.stringify(lock) };
  return Object.assign(new MemoryEngine(HOST), {
    now: () => now,
    createContainer: () => Promise.reject(new Conflict(HOST, 'taken')),
    listContainers: () => Promise.resolve([{ id: 'lock', name: 'shop-test-lock', labels }]),
    readFiles: () => {
      left -= 1;
      return left >= 0
        ? Promise.reject(new NotFound(HOST, 'no such file'))
        : Promise.resolve(new Map([['lease', Buffer.from(JSON.stringify({ expires: now + 1000 }))]]));
    },
  });
}

test.each([0, 1, 3])(
  'a lock is not taken for expired while its run renews the lease, where it can not be read %i times',
  async (times) => {
    const engine = lockedEngine(times);
    const held = await HostLock.tryAcquire(engine, { app: 'shop', environment: 'test' }, CLAIM);
    expect(held).toMatchObject({ owner: { actor: 'grace' }, isExpired: false });
  },
);

test('a lock without a lease is expired', async () => {
  const engine = lockedEngine(Number.POSITIVE_INFINITY);
  const held = await HostLock.tryAcquire(engine, { app: 'shop', environment: 'test' }, CLAIM);
  expect(held).toMatchObject({ isExpired: true });
});

describe('the lock of a run that GitHub says has ended', () => {
  const key = { app: 'shop', environment: 'test' };
  const lease = (left: number) =>
    Promise.resolve(new Map([['lease', Buffer.from(JSON.stringify({ expires: NOW + left }))]]));

  /** Waits for a lock whose lease counts for so many milliseconds more; answers what is logged. */
  async function waitFor(left: number, hasEnded: (owner: Initiator) => boolean): Promise<readonly string[]> {
    const lines: string[] = [];
    let locked = true;
    const engine = Object.assign(lockedEngine(0), {
      readFiles: () => lease(left),
      writeFiles: () => Promise.resolve(),
      removeContainer: () => {
        locked = false;
        return Promise.resolve();
      },
      createContainer: () => (locked ? Promise.reject(new Conflict(HOST, 'taken')) : Promise.resolve('own')),
    });
    const log = { ...waits.log, info: (line: string) => void lines.push(line) };
    await using _lock = await lockFleet([engine], key, { ...CLAIM, ...waits, log, hasEnded, timeout: 0 });
    return lines;
  }

  test('is taken over when it has missed two renewals', async () => {
    expect(await waitFor(6_999, ({ actor }) => actor === 'grace')).toEqual([
      'one: the lock of a run of grace, which has locked it since 2026-01-01 12:00 UTC gives no sign of life, and GitHub says that this run has ended. It is removed.',
    ]);
  });

  test.each([
    ['it is renewed', 7_000, true],
    ['GitHub does not say so', 6_999, false],
  ])('stays if %s', async (_, left, hasEnded) => {
    await expect(waitFor(left, () => hasEnded)).rejects.toThrow('still locked by a run of grace');
  });

  test('is not asked about when its lease has expired', async () => {
    const ask = (): boolean => {
      throw new Error('asked');
    };
    expect(await waitFor(-1, ask)).toEqual([expect.stringContaining('has expired: that run has ended')]);
  });
});

test('one engine under two addresses is told as that, and not waited for', async () => {
  const labels = { 'sealift.role': 'lock', 'sealift.lock': '{"actor":"ada","since":"2026-01-01T12:00:00Z"}' };
  let locked: string | undefined;
  const at = (address: string): Engine =>
    Object.assign(new MemoryEngine(hostName(address)), {
      now: () => 0,
      createContainer: () => {
        if (locked !== undefined) return Promise.reject(new Conflict(HOST, 'taken'));
        locked = 'lock';
        return Promise.resolve(locked);
      },
      listContainers: () =>
        Promise.resolve(locked === undefined ? [] : [{ id: locked, name: 'shop-test-lock', labels }]),
      readFiles: () => Promise.resolve(new Map()),
      writeFiles: () => Promise.resolve(),
      removeContainer: () => {
        locked = undefined;
        return Promise.resolve();
      },
    });
  const engines = [at('ssh://a'), at('ssh://b')];
  await expect(
    lockFleet(engines, { app: 'shop', environment: 'test' }, { ...CLAIM, ...waits }),
  ).rejects.toThrow('hosts: ssh://a and ssh://b are the same Docker engine. Remove one of them.');
  expect(locked).toBeUndefined();
});

describe('a lock that is taken at once', () => {
  const key = { app: 'shop', environment: 'test' };
  const free = (): Engine =>
    Object.assign(new MemoryEngine(HOST), {
      now: () => 0,
      createContainer: () => Promise.resolve('lock'),
      writeFiles: () => Promise.resolve(),
      removeContainer: () => Promise.resolve(),
    });

  test('is taken on all hosts', async () => {
    await using lock = await lockFleetAtOnce([free()], key, CLAIM);
    expect(lock?.containerOn(HOST)).toBe('lock');
  });

  test.each<[string, () => Promise<never>]>([
    ['another run has locked one', () => Promise.reject(new Conflict(HOST, 'taken'))],
    ['one was never locked before', () => Promise.reject(new NotFound(HOST, 'no such image'))],
    ['one can not be locked', () => Promise.reject(new HostError(HOST, 'no space left'))],
  ])('is given up on all hosts if %s: nothing is waited for or made', async (_, createContainer) => {
    const removed: string[] = [];
    const first = Object.assign(free(), {
      host: hostName('two'),
      removeContainer: (id: string) => Promise.resolve(void removed.push(id)),
    });
    const refusing = Object.assign(new MemoryEngine(HOST), { now: () => 0, createContainer });
    expect(await lockFleetAtOnce([first, refusing], key, CLAIM)).toBeUndefined();
    expect(removed).toEqual(['lock']);
  });
});

test('a container of the name of the lock that is none is an error, not a wait without an end', async () => {
  const engine = Object.assign(lockedEngine(0), { listContainers: () => Promise.resolve([]) });
  const key = { app: 'shop', environment: 'test' };
  await expect(HostLock.tryAcquire(engine, key, CLAIM)).rejects.toThrow(
    /shop-test-lock, which the lock needs/,
  );
});

test('a host that loses the image of the lock each time it is made is an error, not a wait without an end', async () => {
  let tries = 0;
  const engine = Object.assign(new MemoryEngine(HOST), {
    now: () => 0,
    inspectImage: () => Promise.resolve(undefined),
    importEmptyImage: () => Promise.resolve(),
    createContainer: () => {
      tries += 1;
      return Promise.reject(
        tries > 100 ? new Error('It tries for ever.') : new NotFound(HOST, 'no such image'),
      );
    },
  });
  await expect(HostLock.tryAcquire(engine, { app: 'shop', environment: 'test' }, CLAIM)).rejects.toThrow(
    'no such image',
  );
});

describe('a lock that Sealift did not make', () => {
  test.each([['no JSON'], ['null'], ['{"since":"soon"}']])('with the label %s is expired', async (label) => {
    const labels = { 'sealift.role': 'lock', 'sealift.lock': label };
    const engine = Object.assign(lockedEngine(Number.POSITIVE_INFINITY), {
      listContainers: () => Promise.resolve([{ id: 'lock', name: 'shop-test-lock', labels }]),
    });
    const held = await HostLock.tryAcquire(engine, { app: 'shop', environment: 'test' }, CLAIM);
    expect(held).toMatchObject({ owner: { actor: undefined }, isExpired: true });
  });

  test('with a lease that can not be understood is expired', async () => {
    const engine = Object.assign(lockedEngine(0), {
      readFiles: () => Promise.resolve(new Map([['lease', Buffer.from('{"exp')]])),
    });
    const held = await HostLock.tryAcquire(engine, { app: 'shop', environment: 'test' }, CLAIM);
    expect(held).toMatchObject({ isExpired: true });
  });
});

test('a host is locked before its lease is written, and the lock goes after that', async () => {
  const calls: string[] = [];
  const written = Promise.withResolvers<void>();
  const engine = Object.assign(new MemoryEngine(HOST), {
    now: () => Date.parse('2026-01-01T13:00:00Z'),
    createContainer: async () => {
      calls.push('create');
      return 'lock';
    },
    writeFiles: async (_id: string, _path: string, files: ReadonlyMap<string, unknown>) => {
      await written.promise;
      calls.push(`write ${[...files.keys()].join()}`);
    },
    removeContainer: async () => {
      calls.push('remove');
    },
  });
  const lock = await HostLock.tryAcquire(engine, { app: 'shop', environment: 'test' }, CLAIM);
  if (!(lock instanceof HostLock)) throw new Error('It is locked.');
  lock.assertHeld();
  expect(calls).toEqual(['create']);
  const ended = lock[Symbol.asyncDispose]();
  written.resolve();
  await ended;
  expect(calls).toEqual(['create', 'write lease', 'remove']);
});
