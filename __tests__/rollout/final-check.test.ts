import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { drainTraffic } from '../../src/rollout/drain-release.ts';
import { runFinalCheck } from '../../src/rollout/final-check.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { makeRelease } from '../plan/world.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { health } from './support/memory-engine.ts';
import { pass, RELEASE, settle, testHostContext, WatchedEngine } from './support/watched-engine.ts';

const OLD = { release: releaseId('11111111'), slot: 'blue' } as const;

let engine: WatchedEngine;
let cancelled: AbortController;
let context: HostContext;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  engine = new WatchedEngine();
  cancelled = new AbortController();
  context = testHostContext(engine, cancelled.signal);
  // The state after the health check and the switch.
  for (const id of engine.list) context.runState.healthyContainers.set(id, engine.set({ id }));
  context.runState.lastChangeAt = performance.now();
});
afterEach(() => {
  jest.useRealTimers();
  expect(engine.listeners).toBe(0);
});

function finalCheck(changes: Partial<Parameters<typeof runFinalCheck>[1]> = {}): {
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

describe('the final check', () => {
  test('passes when everything runs unchanged one second after the last change', async () => {
    await pass(400);
    const { ended } = finalCheck();
    await pass(500);
    expect(ended()).toBeUndefined();
    await pass(200);
    expect(ended()).toBe('3 healthy');
  });

  test('does not wait if that second has passed', async () => {
    await pass(1_500);
    const { ended } = finalCheck();
    await settle();
    expect(ended()).toBe('3 healthy');
  });

  test('fails at once when a container exits', async () => {
    const { ended } = finalCheck();
    await settle();
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.emit('die', 'web-2', { exitCode: '3' });
    await settle();
    expect(ended()).toBe(
      'HostError: ssh://one: web did not stay healthy after its check: it exited with code 3',
    );
  });

  test.each<[string, Partial<ContainerDetails>, string]>([
    [
      'exited',
      { state: 'exited', exitCode: 137, oomKilled: true },
      'it exited with code 137 (out of memory)',
    ],
    ['was started again by hand', { startedAt: '2026-01-01T00:10:00Z' }, 'it ended and was started again'],
    [
      'became unhealthy',
      { health: health('unhealthy', 'no database') },
      'its HEALTHCHECK fails: no database',
    ],
    ['was paused', { state: 'paused' }, 'it is paused'],
  ])('fails if a container %s before', async (_, change, says) => {
    await pass(1_500);
    engine.set({ id: 'api-1', ...change });
    const { ended } = finalCheck();
    await settle();
    expect(ended()).toBe(`HostError: ssh://one: api did not stay healthy after its check: ${says}`);
  });

  test('asks once at its end, although the engine tells again that the containers were started', async () => {
    for (const id of engine.list) {
      engine.past.push({ action: 'start', id, attributes: {} });
      engine.past.push({ action: 'health_status: healthy', id, attributes: {} });
    }
    const { ended } = finalCheck();
    await pass(500);
    expect(engine.inspections).toBe(engine.list.length);
    await pass(700);
    expect(ended()).toBe('3 healthy');
    expect(engine.inspections).toBe(2 * engine.list.length);
  });

  test.each(['die', 'oom', 'destroy', 'health_status: unhealthy'])(
    'asks at once after %s',
    async (action) => {
      finalCheck();
      await pass(500);
      engine.emit(action, 'web-2');
      await settle();
      expect(engine.inspections).toBe(2 * engine.list.length);
      await pass(700);
    },
  );

  test('reports the exit code of a restarted container from the past events', async () => {
    engine.past.push(
      { action: 'start', id: 'api-1', attributes: {} },
      { action: 'oom', id: 'api-1', attributes: {} },
      { action: 'die', id: 'api-1', attributes: { exitCode: '137' } },
      { action: 'start', id: 'api-1', attributes: {} },
    );
    engine.set({ id: 'api-1', restartCount: 1, startedAt: '2026-01-01T00:00:02Z' });
    const { ended } = finalCheck();
    await pass(1_500);
    expect(ended()).toContain(
      'it ended and was started again: it exited with code 137 (out of memory), 1 restart',
    );
  });

  test('fails if a container was removed before', async () => {
    await pass(1_500);
    engine.list = ['web-1', 'api-1'];
    const { ended } = finalCheck();
    await settle();
    expect(ended()).toBe('HostError: ssh://one: web has 1 of 2 containers. Deploy again.');
  });

  test('fails if a container is removed meanwhile', async () => {
    const { ended } = finalCheck();
    await settle();
    engine.remove('web-1');
    engine.emit('destroy', 'web-1');
    await settle();
    expect(ended()).toContain('web did not stay healthy after its check: it was removed');
  });

  test('passes with as many failures as are tolerated', async () => {
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    const { ended } = finalCheck({ tolerate: { web: 1 } });
    await pass(1_500);
    expect(ended()).toBe('2 healthy; tolerated: web: it exited with code 3');
  });

  test('does not wait if all one-shot containers have completed', async () => {
    const jobs = makeRelease(
      RELEASE.id,
      { web: 'internal' },
      { details: { web: { replicas: 2, oneShot: true } } },
    );
    context = { ...context, releases: new Map([[jobs.id, jobs]]) };
    engine.list = ['web-1', 'web-2'];
    for (const id of engine.list)
      context.runState.healthyContainers.set(id, engine.set({ id, state: 'exited', exitCode: 0 }));
    const { ended } = finalCheck({ services: ['web'] });
    await settle();
    expect(ended()).toBe('2 done');
  });
});

describe('the drain of the old release', () => {
  test('happens during the final check and is not repeated', async () => {
    const { ended } = finalCheck({ drain: OLD });
    await pass(1_500);
    expect(ended()).toBe('3 healthy; nothing in flight on 11111111');
    engine.left = 7;
    expect(await drainTraffic(context, OLD)).toBe('no request in flight');
  });

  test('continues after the release is accepted if requests are left', async () => {
    engine.left = 2;
    const { ended } = finalCheck({ drain: OLD });
    await pass(1_500);
    expect(ended()).toBe('3 healthy; 2 still in flight on 11111111');
    const drained = drainTraffic(context, OLD);
    await pass(1_000);
    expect(await drained).toBe('2 requests were still in flight when the drain ended');
  });

  test('ends when the new release fails', async () => {
    engine.drainTime = 900;
    const { ended } = finalCheck({ drain: OLD });
    await pass(300);
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.emit('die', 'web-2');
    await settle();
    expect(context.runState.drainedReleases.size).toBe(0);
    // Nothing goes on in the background after the check.
    expect(ended()).toBeUndefined();
    await pass(1_000);
    expect(ended()).toContain('web did not stay healthy after its check');
  });

  test('is stopped at once when the new release fails, and does not keep the run waiting', async () => {
    engine.exec = (_id, _argv, { signal } = {}) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('stopped')));
      });
    const { ended } = finalCheck({ drain: OLD });
    await settle();
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.emit('die', 'web-2');
    await settle();
    expect(ended()).toContain('it exited with code 3');
  });

  test('does not fail the final check if no edge counts requests', async () => {
    engine.edge = false;
    const { ended } = finalCheck({ drain: OLD });
    await pass(1_500);
    expect(ended()).toBe('3 healthy');
  });
});

test.each([
  ['the job is cancelled', () => cancelled.abort(new Error('cancelled')), 'cancelled'],
  ['the connection is lost', () => engine.disconnect(new HostError(hostName('ssh://one'), 'gone')), 'gone'],
])('the final check ends when %s', async (_, happen, says) => {
  const { ended } = finalCheck();
  await settle();
  happen();
  await settle();
  expect(ended()).toContain(says);
});
