import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { runFinalCheck } from '../../src/rollout/final-check.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { drainTraffic } from '../../src/rollout/traffic-actions.ts';
import { makeRelease } from '../plan/world.ts';
import { health } from './support/engine.ts';
import { pass, RELEASE, settle, WatchedEngine, workOn } from './support/watched.ts';

const OLD = { release: '11111111', slot: 'blue' } as const;

let engine: WatchedEngine;
let cancelled: AbortController;
let context: HostContext;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  engine = new WatchedEngine();
  cancelled = new AbortController();
  context = workOn(engine, cancelled.signal);
  // As the check leaves it, and the switch.
  for (const id of engine.list) context.runState.healthyContainers.set(id, engine.set({ id }));
  context.runState.lastChangeAt = performance.now();
});
afterEach(() => {
  jest.useRealTimers();
  expect(engine.listeners).toBe(0);
});

function look(changes: Partial<Parameters<typeof runFinalCheck>[1]> = {}): {
  readonly ended: () => string | undefined;
} {
  let end: string | undefined;
  runFinalCheck(context, {
    kind: 'final-check',
    release: RELEASE.id,
    services: ['web', 'api'],
    drain: undefined,
    ...changes,
  }).then(
    (note) => {
      end = note;
    },
    (error: unknown) => {
      end = String(error);
    },
  );
  return { ended: () => end };
}

describe('what was checked', () => {
  test('is well when it runs unchanged a second after the last was moved', async () => {
    await pass(400);
    const { ended } = look();
    await pass(500);
    expect(ended()).toBeUndefined();
    await pass(200);
    expect(ended()).toBe('3 well');
  });

  test('is looked at without any wait where that second has passed', async () => {
    await pass(1_500);
    const { ended } = look();
    await settle();
    expect(ended()).toBe('3 well');
  });

  test('ends the look at once when it dies', async () => {
    const { ended } = look();
    await settle();
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.tell('die', 'web-2', { exitCode: '3' });
    await settle();
    expect(ended()).toBe(
      'HostError: ssh://one: web did not stay well after its check: it exited with code 3',
    );
  });

  test.each<[string, Partial<ContainerDetails>, string]>([
    ['died', { state: 'exited', exitCode: 137, oomKilled: true }, 'it exited with code 137 (out of memory)'],
    ['was started again by hand', { startedAt: '2026-01-01T00:10:00Z' }, 'it ended and was started again'],
    [
      'became unhealthy',
      { health: health('unhealthy', 'no database') },
      'its HEALTHCHECK fails: no database',
    ],
    ['was paused', { state: 'paused' }, 'it is paused'],
  ])('is found by the look if it %s before', async (_, change, says) => {
    await pass(1_500);
    engine.set({ id: 'api-1', ...change });
    const { ended } = look();
    await settle();
    expect(ended()).toBe(`HostError: ssh://one: api did not stay well after its check: ${says}`);
  });

  test('and was restarted is told with the exit code that the engine remembers', async () => {
    engine.past.push(
      { action: 'start', id: 'api-1', attributes: {} },
      { action: 'oom', id: 'api-1', attributes: {} },
      { action: 'die', id: 'api-1', attributes: { exitCode: '137' } },
      { action: 'start', id: 'api-1', attributes: {} },
    );
    engine.set({ id: 'api-1', restartCount: 1, startedAt: '2026-01-01T00:00:02Z' });
    const { ended } = look();
    await pass(1_500);
    expect(ended()).toContain(
      'it ended and was started again: it exited with code 137 (out of memory), 1 restart',
    );
  });

  test('and was removed is missed', async () => {
    await pass(1_500);
    engine.list = ['web-1', 'api-1'];
    const { ended } = look();
    await settle();
    expect(ended()).toBe('HostError: ssh://one: web has 1 of 2 containers.');
  });

  test('and is removed during the look is missed too', async () => {
    const { ended } = look();
    await settle();
    engine.remove('web-1');
    engine.tell('destroy', 'web-1');
    await settle();
    expect(ended()).toContain('web did not stay well after its check: it was removed');
  });

  test('may fail in part where that is tolerated', async () => {
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    const { ended } = look({ tolerate: { web: 1 } });
    await pass(1_500);
    expect(ended()).toBe('2 well; tolerated: web: it exited with code 3');
  });

  test('is not waited for when all of it has ended as it should', async () => {
    const jobs = makeRelease(
      RELEASE.id,
      { web: 'internal' },
      { details: { web: { replicas: 2, oneShot: true } } },
    );
    context = { ...context, releases: new Map([[jobs.id, jobs]]) };
    engine.list = ['web-1', 'web-2'];
    for (const id of engine.list)
      context.runState.healthyContainers.set(id, engine.set({ id, state: 'exited', exitCode: 0 }));
    const { ended } = look({ services: ['web'] });
    await settle();
    expect(ended()).toBe('2 well');
  });
});

describe('the old release', () => {
  test('drains meanwhile, and need not be drained again', async () => {
    const { ended } = look({ drain: OLD });
    await pass(1_500);
    expect(ended()).toBe('3 well; nothing in flight on 11111111');
    engine.left = 7;
    expect(await drainTraffic(context, OLD)).toBe('no request in flight');
  });

  test('is drained once it is accepted, as far as something is left', async () => {
    engine.left = 2;
    const { ended } = look({ drain: OLD });
    await pass(1_500);
    expect(ended()).toBe('3 well; 2 still in flight on 11111111');
    const drained = drainTraffic(context, OLD);
    await pass(1_000);
    expect(await drained).toBe('2 requests were still in flight and are cut');
  });

  test('is not waited for when the new one dies', async () => {
    engine.drainTime = 900;
    const { ended } = look({ drain: OLD });
    await pass(300);
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.tell('die', 'web-2');
    await settle();
    expect(context.runState.drainedReleases.size).toBe(0);
    await pass(1_000);
    expect(ended()).toContain('web did not stay well after its check');
  });

  test('that can not be counted does not fail the look', async () => {
    engine.edge = false;
    const { ended } = look({ drain: OLD });
    await pass(1_500);
    expect(ended()).toBe('3 well');
  });
});

test.each([
  ['the job is cancelled', () => cancelled.abort(new Error('cancelled')), 'cancelled'],
  ['the connection is lost', () => engine.lose(new HostError('ssh://one', 'gone')), 'gone'],
])('it ends when %s', async (_, happen, says) => {
  const { ended } = look();
  await settle();
  happen();
  await settle();
  expect(ended()).toContain(says);
});
