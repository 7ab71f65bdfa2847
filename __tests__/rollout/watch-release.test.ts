import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ContainerDetails } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { recordCountersAtStart } from '../../src/rollout/metrics-sampler.ts';
import { watchRelease } from '../../src/rollout/watch-release.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { LIMITS } from '../support/usual.ts';
import { health } from './support/memory-engine.ts';
import { pass, settle, testHostContext, WatchedEngine } from './support/watched-engine.ts';

let engine: WatchedEngine;
let cancelled: AbortController;
let context: HostContext;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  engine = new WatchedEngine();
  cancelled = new AbortController();
  context = testHostContext(engine, cancelled.signal);
});
afterEach(() => {
  jest.useRealTimers();
  expect(engine.listeners).toBe(0);
});

function watch(changes: Partial<Action<'watch-release'>> = {}): {
  readonly ended: () => string | undefined;
  readonly promise: Promise<string>;
} {
  const promise = watchRelease(context, {
    kind: 'watch-release',
    purpose: 'canary',
    release: releaseId('22222222'),
    slot: 'green',
    services: ['web', 'api'],
    duration: 60_000,
    baseline: { release: releaseId('11111111'), slot: 'blue' },
    limits: LIMITS,
    ...changes,
  });
  let end: string | undefined;
  promise.then(
    (note) => {
      end = note;
    },
    (error: unknown) => {
      end = String(error);
    },
  );
  return { ended: () => end, promise };
}

describe('the watch of containers', () => {
  const without = { limits: undefined };

  test('passes after the time, and inspects containers only at events', async () => {
    const { ended } = watch(without);
    await pass(59_000);
    expect(ended()).toBeUndefined();
    expect(engine.inspections).toBe(6);
    await pass(1_500);
    expect(ended()).toBe('healthy for 1m');
    expect(engine.execs).toBe(0);
  });

  test('fails at once when a container exits', async () => {
    const { ended } = watch(without);
    await pass(10_000);
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.emit('die', 'web-2');
    await settle();
    expect(ended()).toBe(
      'HostError: ssh://one: web did not stay healthy while it was watched: it exited with code 3',
    );
  });

  test.each<[string, Partial<ContainerDetails>, string]>([
    ['restarts', { restartCount: 1 }, 'it ended and was started again: it exited with code 3, 1 restart'],
    ['was started by hand', { startedAt: '2026-01-01T00:10:00Z' }, 'it ended and was started again'],
    ['is about to restart', { state: 'restarting' }, 'it ended and was started again'],
    [
      'becomes unhealthy',
      { health: health('unhealthy', 'no database') },
      'its HEALTHCHECK fails: no database',
    ],
  ])('fails when a container %s', async (_, change, says) => {
    const { ended } = watch(without);
    await pass(1_000);
    engine.set({ id: 'api-1', ...change });
    engine.emit('die', 'api-1', { exitCode: '3' });
    engine.emit('start', 'api-1');
    await settle();
    expect(ended()).toBe(`HostError: ssh://one: api did not stay healthy while it was watched: ${says}`);
  });

  test('reports failures that are tolerated', async () => {
    const { ended } = watch({ ...without, tolerate: { web: 1 } });
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.emit('die', 'web-2');
    await pass(60_000);
    expect(ended()).toBe('healthy for 1m; tolerated: web: it exited with code 3');
  });

  test('ignores replicas outside its range', async () => {
    const { ended } = watch({ ...without, only: { web: 1, api: 1 } });
    engine.set({ id: 'web-2', state: 'exited', exitCode: 3 });
    engine.emit('die', 'web-2');
    await pass(60_000);
    expect(ended()).toBe('healthy for 1m');
  });

  test('fails when the event stream ends', async () => {
    const { ended } = watch(without);
    await settle();
    engine.endStreams(new HostError(hostName('ssh://one'), 'the engine ended the stream'));
    await settle();
    expect(ended()).toContain('the engine ended the stream');
  });
});

describe('the watch of a release with too few containers', () => {
  test.each([
    ['none', [], 'web has 0 of 2 containers. Deploy again.'],
    ['one of two', ['web-1', 'api-1'], 'web has 1 of 2 containers. Deploy again.'],
  ])('fails at once: %s', async (_, list, says) => {
    engine.list = list;
    const { ended } = watch({ limits: undefined });
    await settle();
    expect(ended()).toBe(`HostError: ssh://one: ${says}`);
  });

  test('passes if its range is complete or the missing ones are tolerated', async () => {
    engine.list = ['web-1', 'api-1'];
    const part = watch({ limits: undefined, only: { web: 1, api: 1 } });
    const lenient = watch({ limits: undefined, tolerate: { web: 1 } });
    await pass(60_500);
    expect([part.ended(), lenient.ended()]).toEqual(['healthy for 1m', 'healthy for 1m']);
  });
});

test('the watch fails if a container has exited since its health check, although it runs again', async () => {
  context.runState.healthyContainers.set('web-1', engine.set({ id: 'web-1' }));
  engine.set({ id: 'web-1', startedAt: '2026-01-01T00:00:10Z', restartCount: 1 });
  const { ended } = watch({ limits: undefined });
  await pass(1_000);
  expect(ended()).toContain('web did not stay healthy while it was watched: it ended and was started again');
});

describe('the watch of the responses', () => {
  test('fails with the next sample beyond the limits', async () => {
    const { ended } = watch();
    await pass(4_000);
    engine.answers = { blue: [1900, 0], green: [100, 20] };
    await pass(2_500);
    expect(ended()).toBe(
      'HostError: ssh://one: 20% of 100 answers of the new release are 5xx, 0% of 1,900 of the old one: more than canary-max-errors allows (1%).',
    );
    expect([...context.runState.watchResults.values()]).toEqual([
      {
        release: { requests: 100, errors: 20, latencyMs: expect.closeTo(10) },
        baseline: { requests: 1900, errors: 0, latencyMs: expect.closeTo(10) },
      },
    ]);
  });

  test('shows while it lasts how long it is and what was counted so far', async () => {
    const { ended } = watch();
    await settle();
    engine.answers = { blue: [190, 0], green: [20, 0] };
    await pass(2_500);
    expect(context.waitStatus.limit).toBe(60_000);
    expect(await context.waitStatus.look?.()).toMatch(/^20 requests, 0% of them 5xx.*190 requests/);
    await pass(60_000);
    expect(ended()).toBeDefined();
  });

  test('does not count responses from before', async () => {
    engine.answers = { blue: [0, 0], green: [5000, 5000] };
    const { ended } = watch();
    await settle();
    engine.answers = { blue: [1900, 0], green: [5200, 5000] };
    await pass(61_000);
    expect(ended()).toBe(
      '200 requests, 0% of them 5xx, answered after 10 ms; the old release: 1,900 requests, 0% of them 5xx, answered after 10 ms',
    );
  });

  test('continues to count when the edge restarts or can not be read for a while', async () => {
    const { ended } = watch();
    await settle();
    engine.answers = { blue: [100, 0], green: [100, 0] };
    await pass(2_500);
    engine.unreadable = true;
    await pass(4_000);
    engine.unreadable = false;
    Object.assign(engine, { started: 2, answers: { blue: [120, 0], green: [50, 0] } });
    await pass(60_000);
    expect(ended()).toMatch(
      /^150 requests, .* old release: 220 requests, .*; the edge restarted meanwhile, so some requests are not counted$/,
    );
  });

  test('fails if the edge could never be read', async () => {
    engine.unreadable = true;
    const { ended } = watch();
    await pass(61_000);
    expect(ended()).toMatch(/could not read the edge's metrics: metrics failed in edge: wget: refused/);
  });

  test('fails if the edge can not be read at the end, since the last responses are not known', async () => {
    const { ended } = watch();
    await settle();
    engine.answers = { blue: [100, 0], green: [100, 0] };
    await pass(2_500);
    engine.unreadable = true;
    await pass(60_000);
    expect(ended()).toMatch(/could not read the edge's metrics: metrics failed in edge: wget: refused/);
  });

  test('allows slow responses in the first quarter only', async () => {
    const { ended } = watch();
    await settle();
    engine.answers = { blue: [1900, 0], green: [1000, 0, 100] };
    await pass(14_000);
    engine.answers = { blue: [3800, 0], green: [2000, 0, 110] };
    await pass(20_000);
    expect(ended()).toBeUndefined();
    engine.answers = { blue: [5700, 0], green: [3000, 0, 210] };
    await pass(2_500);
    expect(ended()).toContain('more than canary-max-latency-ratio allows (1.5)');
  });

  test('reports too few requests, and fails if the limits say so', async () => {
    const { ended } = watch({ duration: 2_000 });
    const { ended: strict } = watch({ duration: 2_000, limits: { ...LIMITS, onTooFewRequests: 'fail' } });
    await pass(3_000);
    expect(ended()).toBe('no requests; 0 requests are too few to judge by ("canary-min-requests" is 100)');
    expect(strict()).toContain(
      '0 requests are too few to judge by ("canary-min-requests" is 100). Watch for longer',
    );
  });

  describe('of a release that has answered nothing while requests wait for it', () => {
    beforeEach(async () => {
      await recordCountersAtStart(context);
      engine.answers = { blue: [1900, 0], green: [0, 0] };
      engine.waiting = 3;
    });

    test('lasts five seconds at least: a busy host may answer nothing for a moment', async () => {
      const { ended } = watch({ duration: 1_000 });
      await pass(4_500);
      expect(ended()).toBeUndefined();
      await pass(1_000);
      expect(ended()).toBe(
        'HostError: ssh://one: the new release has answered none of its requests, and 3 wait; the old one has answered 1,900.',
      );
    });

    test('ends with the first answer after its time', async () => {
      const { ended } = watch({ duration: 1_000 });
      await pass(2_500);
      expect(ended()).toBeUndefined();
      engine.answers = { blue: [1900, 0], green: [1, 0] };
      await pass(500);
      expect(ended()).toContain('1 request, 0% of them 5xx');
    });
  });

  describe('of a release that answers nothing any more while requests wait for it', () => {
    let second = 0;
    beforeEach(() => {
      second = 0;
    });

    /** Both releases answer for some seconds, then only the old one. */
    async function answer(until: number, after = until): Promise<void> {
      for (; second < until; second += 1) {
        engine.answers = { blue: [second * 500, 0], green: [Math.min(second, after) * 50, 0] };
        engine.waiting = second > after ? 5 : 0;
        await pass(1_000);
      }
    }

    test('fails when they have waited for a quarter of the time', async () => {
      const { ended } = watch();
      await answer(26, 10);
      expect(ended()).toBeUndefined();
      await answer(32, 10);
      expect(ended()).toMatch(
        /the new release has not answered any of its last 5 requests for 1\d\.\d s; the old one has answered [\d,]+ meanwhile, and 0 are in progress there\.$/,
      );
    });

    test('lasts longer if they have not waited long enough at its end', async () => {
      const { ended } = watch({ duration: 20_000 });
      await answer(22, 16);
      expect(ended()).toBeUndefined();
      await answer(30, 16);
      expect(ended()).toContain('has not answered any of its last 5 requests for');
    });

    test('ends with the first answer after its time', async () => {
      const { ended } = watch({ duration: 20_000 });
      await answer(22, 16);
      expect(ended()).toBeUndefined();
      await answer(25);
      expect(ended()).toMatch(/^1,\d+ requests, 0% of them 5xx/);
    });
  });

  test('takes ten samples in a short time', async () => {
    const { ended } = watch({ duration: 5_000 });
    await pass(5_500);
    expect(ended()).toBeDefined();
    expect(engine.execs).toBeGreaterThanOrEqual(10);
    expect(engine.execs).toBeLessThanOrEqual(12);
  });

  test('is left out if no edge runs', async () => {
    engine.edge = false;
    const { ended } = watch({ duration: 2_000 });
    await pass(3_000);
    expect(ended()).toBe('no edge, so only the containers were watched');
  });
});

test.each([
  ['the job is cancelled', () => cancelled.abort(new Error('cancelled')), 'cancelled'],
  ['the connection is lost', () => engine.disconnect(new HostError(hostName('ssh://one'), 'gone')), 'gone'],
])('the watch ends when %s', async (_, happen, says) => {
  const { ended } = watch();
  await pass(1_000);
  happen();
  await settle();
  expect(ended()).toContain(says);
});
