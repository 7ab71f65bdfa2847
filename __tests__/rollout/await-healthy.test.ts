import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import { awaitHealthy, type HealthExpectation } from '../../src/rollout/await-healthy.ts';
import { SETTLE_TIME } from '../../src/rollout/container-health.ts';
import type { WaitStatus } from '../../src/rollout/wait-status.ts';
import { hostName } from '../support/identifiers.ts';
import { health, MemoryEngine } from './support/memory-engine.ts';

const TIMEOUT = 60_000;

let engine: MemoryEngine;
let cancelled: AbortController;
let waitStatus: WaitStatus;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  engine = new MemoryEngine();
  cancelled = new AbortController();
  waitStatus = {};
});

afterEach(() => {
  // Whatever happened: no timer and no event stream is left.
  expect(jest.getTimerCount()).toBe(0);
  expect(engine.listeners).toBe(0);
  jest.useRealTimers();
});

const expectation = (id = 'web-1', changes: Partial<HealthExpectation> = {}): HealthExpectation => ({
  container: engine.set({ id }),
  service: id.replace(/-\d+$/, ''),
  ending: 'never',
  probe: undefined,
  mustSettle: false,
  ...changes,
});

/** A wait whose end can be read while it lasts. */
function wait(
  expectations: readonly HealthExpectation[],
  timeout = TIMEOUT,
  tolerate: Readonly<Record<string, number>> = {},
): { readonly ended: () => string | undefined; readonly promise: Promise<readonly string[]> } {
  const context = { engine, signal: cancelled.signal, waitStatus };
  const promise = awaitHealthy(context, expectations, timeout, tolerate).then(({ tolerated }) => tolerated);
  let end: string | undefined;
  promise.then(
    () => {
      end = 'healthy';
    },
    (error: unknown) => {
      end = String(error);
    },
  );
  return { ended: () => end, promise };
}

/** Runs everything that needs no time. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const pass = async (milliseconds: number): Promise<void> => {
  await settle();
  jest.advanceTimersByTime(milliseconds);
  await settle();
};

/** A probe that the test answers. */
function manualProbe(): {
  readonly probe: NonNullable<HealthExpectation['probe']>;
  readonly tell: (seen: string) => void;
  readonly answer: () => void;
  readonly fail: (why: string) => void;
  readonly abortReason: () => unknown;
} {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let abortReason: unknown;
  let tellWait: (seen: string) => void = () => undefined;
  return {
    probe: (signal, tell) => {
      tellWait = tell;
      signal.addEventListener('abort', () => {
        abortReason = signal.reason;
        reject(signal.reason);
      });
      return promise;
    },
    tell: (seen) => tellWait(seen),
    answer: resolve,
    fail: (why) => reject(new HostError(hostName('ssh://one'), why)),
    abortReason: () => abortReason,
  };
}

describe('waiting for a container with a HEALTHCHECK', () => {
  test('ends without any event if the HEALTHCHECK is healthy already', async () => {
    const each = expectation();
    engine.set({ health: health('healthy') });
    await wait([each]).promise;
    expect(engine.inspections).toBe(1);
  });

  test('ends with the event of the HEALTHCHECK, and inspects the container only then', async () => {
    const each = expectation();
    engine.set({ health: health('starting') });
    const { ended, promise } = wait([each]);
    await pass(30_000);
    expect([ended(), engine.inspections]).toEqual([undefined, 1]);
    engine.set({ health: health('healthy') });
    engine.emit('health_status: healthy');
    await promise;
    expect(engine.inspections).toBe(2);
  });

  test('does not miss an event that comes while the container is inspected', async () => {
    const each = expectation();
    engine.set({ health: health('starting') });
    // The event comes during an inspection whose answer is older.
    engine.beforeInspection = () => {
      if (engine.inspections > 1) engine.set({ health: health('healthy') });
      else engine.emit('health_status: healthy');
    };
    await wait([each]).promise;
  });

  test('fails at once with the output of a HEALTHCHECK that fails', async () => {
    const each = expectation();
    engine.set({ health: health('starting') });
    const { promise } = wait([each]);
    await settle();
    engine.set({ health: health('unhealthy', 'no database') });
    engine.emit('health_status: unhealthy');
    await expect(promise).rejects.toThrow(
      'ssh://one: web did not become healthy: its HEALTHCHECK fails: no database',
    );
  });
});

describe('waiting for a container that exits', () => {
  test('fails at once with the exit code', async () => {
    const each = expectation();
    engine.set({ health: health('starting') });
    const { promise } = wait([each]);
    await settle();
    engine.set({ state: 'exited', exitCode: 3 });
    engine.emit('die');
    await expect(promise).rejects.toThrow('ssh://one: web did not become healthy: it exited with code 3');
  });

  test('fails if the container exited before the wait', async () => {
    const each = expectation();
    engine.set({ state: 'exited', exitCode: 3 });
    await expect(wait([each]).promise).rejects.toThrow('it exited with code 3');
  });

  test('ends the wait for all containers', async () => {
    const each = [expectation('web-1'), expectation('api-1')];
    engine.set({ id: 'web-1', health: health('starting') });
    engine.set({ id: 'api-1', health: health('starting') });
    const { promise } = wait(each);
    await settle();
    engine.set({ id: 'api-1', state: 'exited', exitCode: 1 });
    engine.emit('die', 'api-1');
    await expect(promise).rejects.toThrow('api did not become healthy');
  });

  test('aborts a probe that still waits for an answer', async () => {
    const { probe, abortReason } = manualProbe();
    const { promise } = wait([expectation('web-1', { probe })]);
    await settle();
    engine.set({ state: 'exited', exitCode: 3 });
    engine.emit('die');
    await expect(promise).rejects.toThrow('it exited with code 3');
    expect(abortReason()).toBeDefined();
  });
});

describe('failures within the tolerance', () => {
  const three = (): readonly HealthExpectation[] => ['web-1', 'web-2', 'api-1'].map((id) => expectation(id));
  const start = (): void => {
    for (const id of ['web-1', 'web-2', 'api-1']) engine.set({ id, health: health('starting') });
  };
  const become = (id: string, change: Parameters<typeof engine.set>[0], event: string): void => {
    engine.set({ id, ...change });
    engine.emit(event, id);
  };

  test('are reported when all other containers are healthy', async () => {
    const expectations = three();
    start();
    const { ended, promise } = wait(expectations, TIMEOUT, { web: 1 });
    await settle();
    become('web-2', { state: 'exited', exitCode: 3 }, 'die');
    await settle();
    expect(ended()).toBeUndefined();
    for (const id of ['web-1', 'api-1']) become(id, { health: health('healthy') }, 'health_status: healthy');
    await expect(promise).resolves.toEqual(['web did not become healthy: it exited with code 3']);
  });

  test.each(['web-1', 'api-1'])('end when one container more of any service fails: %s', async (second) => {
    const expectations = three();
    start();
    const { promise } = wait(expectations, TIMEOUT, { web: 1 });
    await settle();
    become('web-2', { state: 'exited', exitCode: 3 }, 'die');
    await settle();
    become(second, { state: 'exited', exitCode: 4 }, 'die');
    await expect(promise).rejects.toThrow('it exited with code 4');
  });

  test('include containers that are not healthy when the time is over', async () => {
    const expectations = three();
    start();
    const { ended, promise } = wait(expectations, TIMEOUT, { web: 1 });
    await settle();
    for (const id of ['web-1', 'api-1']) become(id, { health: health('healthy') }, 'health_status: healthy');
    await pass(TIMEOUT - 1);
    expect(ended()).toBeUndefined();
    await pass(1);
    await expect(promise).resolves.toEqual([expect.stringContaining('web was not healthy within')]);
  });

  test('include probes that fail', async () => {
    const { probe, fail } = manualProbe();
    const other = manualProbe();
    const { promise } = wait(
      [expectation('web-1', { probe }), expectation('web-2', { probe: other.probe })],
      TIMEOUT,
      {
        web: 1,
      },
    );
    await settle();
    fail('web-1 answered 500');
    other.answer();
    await expect(promise).resolves.toEqual(['web-1 answered 500']);
  });
});

describe('waiting for a container that crashes again and again', () => {
  /** The event of one crash, and the state of the container until the next start. */
  const crash = (restartCount: number, exitCode = 1): void => {
    engine.set({ state: 'restarting', restartCount, exitCode });
    engine.emit('die', 'web-1', { exitCode: String(exitCode) });
  };
  const startAgain = (): void => {
    engine.set({ state: 'running', exitCode: 0, startedAt: String(performance.now()) });
    engine.emit('start');
  };

  test('fails long before the time is over, with the exit code and the number of restarts', async () => {
    const { probe } = manualProbe();
    const { ended, promise } = wait([expectation('web-1', { probe })]);
    for (let count = 1; count <= 3; count += 1) {
      await pass(1000);
      crash(count);
      await pass(100);
      startAgain();
    }
    await pass(7000);
    expect(ended()).toBeUndefined();
    crash(4);
    await expect(promise).rejects.toThrow(
      'ssh://one: web did not become healthy: it crashes again and again: it exited with code 1, 4 restarts',
    );
  });

  test('tolerates any number of crashes in the first seconds', async () => {
    const { ended, promise } = wait([expectation()]);
    for (let count = 1; count <= 5; count += 1) {
      await pass(500);
      crash(count);
      await settle();
      startAgain();
    }
    await pass(SETTLE_TIME);
    await promise;
    expect(ended()).toBe('healthy');
  });

  test('fails as soon as the tolerance is over, without another crash', async () => {
    const { ended } = wait([expectation()]);
    await pass(100);
    crash(3);
    await pass(9_800);
    expect(ended()).toBeUndefined();
    await pass(200);
    expect(ended()).toContain('crashes again and again');
  });

  test('does not count restarts from before the wait', async () => {
    const each = { ...expectation(), container: engine.set({ restartCount: 12 }) };
    const { promise } = wait([each]);
    await pass(SETTLE_TIME);
    await promise;
  });

  test('reports the crash before the failed probe', async () => {
    const { probe, fail } = manualProbe();
    const { promise } = wait([expectation('web-1', { probe })]);
    await settle();
    engine.emit('oom');
    crash(1, 137);
    await settle();
    startAgain();
    await settle();
    fail('web-1:3000 does not accept connections: refused.');
    await expect(promise).rejects.toThrow(
      'ssh://one: web did not become healthy in time: it exited with code 137 (out of memory), 1 restart. web-1:3000 does not accept connections: refused.',
    );
  });
});

describe('waiting for a container with neither HEALTHCHECK nor probe', () => {
  test('ends when the container has run for the settle time', async () => {
    const { ended, promise } = wait([expectation()]);
    await pass(SETTLE_TIME - 1);
    expect(ended()).toBeUndefined();
    await pass(1);
    await promise;
  });

  test('starts the settle time again after a restart', async () => {
    const { ended, promise } = wait([expectation()]);
    await pass(SETTLE_TIME - 100);
    engine.set({ startedAt: '2026-01-01T00:00:02Z', restartCount: 1 });
    engine.emit('start');
    await pass(SETTLE_TIME - 1);
    expect(ended()).toBeUndefined();
    await pass(1);
    await promise;
  });
});

describe('waiting for a container with a probe', () => {
  test('ends with the answer, without a settle time', async () => {
    const { probe, answer } = manualProbe();
    const { ended, promise } = wait([expectation('web-1', { probe })]);
    await pass(SETTLE_TIME * 2);
    expect(ended()).toBeUndefined();
    answer();
    await promise;
  });

  test('inspects the container no second time: what answers runs', async () => {
    const { probe, answer } = manualProbe();
    const { promise } = wait([expectation('web-1', { probe })]);
    await pass(1_000);
    answer();
    await promise;
    expect(engine.inspections).toBe(1);
  });

  test('ends at once if the probe is answered at once', async () => {
    await wait([expectation('web-1', { probe: () => Promise.resolve() })]).promise;
  });

  test('fails with the message of the probe', async () => {
    const { probe, fail } = manualProbe();
    const { promise } = wait([expectation('web-1', { probe }), expectation('api-1')]);
    await settle();
    fail('web does not answer on 8080: connection refused');
    await expect(promise).rejects.toThrow('ssh://one: web does not answer on 8080: connection refused');
  });

  test('gives the probe time to report its last answer after the timeout', async () => {
    const { probe, fail } = manualProbe();
    const { ended, promise } = wait([expectation('web-1', { probe })]);
    await pass(TIMEOUT + 1000);
    expect(ended()).toBeUndefined();
    fail('/up answered 503');
    await expect(promise).rejects.toThrow('/up answered 503');
  });

  test('ends a few seconds after the timeout if the probe reports nothing', async () => {
    const { probe, abortReason } = manualProbe();
    const { promise } = wait([expectation('web-1', { probe })]);
    await pass(TIMEOUT);
    await pass(6_000);
    await expect(promise).rejects.toThrow('not healthy within 1m (web: running, no answer to the edge)');
    expect(abortReason()).toBeDefined();
  });
});

test('the wait for a one-shot container ends when it exits with code 0', async () => {
  const { ended, promise } = wait([expectation('migrate-1', { ending: 'always' })]);
  await pass(SETTLE_TIME * 2);
  expect(ended()).toBeUndefined();
  engine.set({ id: 'migrate-1', state: 'exited', exitCode: 0 });
  engine.emit('die', 'migrate-1');
  await promise;
});

test('a one-shot container that fails did not complete, and the error says what it printed', async () => {
  engine.containerLogs = () => Promise.resolve(['migrating', 'Error: no database', '    at connect']);
  const { promise } = wait([expectation('migrate-1', { ending: 'always' })]);
  await settle();
  engine.set({ id: 'migrate-1', state: 'exited', exitCode: 3 });
  engine.emit('die', 'migrate-1');
  await expect(promise).rejects.toThrow(
    'ssh://one: migrate did not complete: it exited with code 3. It printed "migrating", then "Error: no database".',
  );
});

test('a one-shot container that does not end in time is explained, with the way out', async () => {
  const { promise } = wait([expectation('migrate-1', { ending: 'always' })]);
  await pass(TIMEOUT);
  await expect(promise).rejects.toThrow(
    'ssh://one: not healthy within 1m (migrate: running). migrate must end before traffic moves, because it has restart: "no" ' +
      'or another service waits for its end. Increase "health-timeout"; or, if it is to keep running, give it restart: unless-stopped.',
  );
});

test('a container that may end is healthy when it has ended with 0, or runs for a while', async () => {
  const { promise } = wait([
    expectation('seed-1', { ending: 'maybe' }),
    expectation('jobs-1', { ending: 'maybe' }),
  ]);
  await settle();
  engine.set({ id: 'seed-1', state: 'exited', exitCode: 0 });
  engine.emit('die', 'seed-1');
  await pass(SETTLE_TIME);
  await promise;
});

describe('a HEALTHCHECK that the engine runs every five minutes', () => {
  const healthcheck = {
    argv: ['check'],
    interval: 300_000,
    timeout: 3_000,
    startPeriod: 0,
    startInterval: 5_000,
  };
  const slow = (changes: Partial<HealthExpectation> = {}): HealthExpectation => {
    engine.set({ id: 'web-1', health: health('starting'), healthcheck });
    return expectation('web-1', changes);
  };

  test('is run by Sealift, and the container is healthy when it succeeds', async () => {
    engine.exec = () => Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    const { ended } = wait([slow()]);
    await settle();
    expect(ended()).toBe('healthy');
  });

  test('is not waited for where it fails: the error has what it printed', async () => {
    engine.exec = () => Promise.resolve({ exitCode: 1, stdout: '', stderr: 'no\ndatabase' });
    const { promise } = wait([slow()]);
    await pass(TIMEOUT);
    await expect(promise).rejects.toThrow('(web: running, HEALTHCHECK starting: no database)');
  });

  test('that succeeded before the container was started again must succeed again', async () => {
    let runs = 0;
    engine.exec = () => {
      runs += 1;
      if (runs === 1) engine.set({ startedAt: 'later' });
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    };
    const { ended, promise } = wait([slow()]);
    await settle();
    expect(ended()).toBeUndefined();
    await promise;
    expect(runs).toBe(2);
  });
});

test('the wait ends only when the last container is healthy', async () => {
  const each = [expectation('web-1'), expectation('web-2')];
  engine.set({ id: 'web-1', health: health('healthy') });
  engine.set({ id: 'web-2', health: health('starting') });
  const { ended, promise } = wait(each);
  await settle();
  expect(ended()).toBeUndefined();
  engine.set({ id: 'web-2', health: health('healthy') });
  engine.emit('health_status: healthy', 'web-2');
  await promise;
});

test.each([
  ['answered 503', 'answered 503 to the edge'],
  ['connection refused', 'no answer to the edge: connection refused'],
])('the wait shows what the edge got: %s', async (seen, text) => {
  const web = manualProbe();
  const { promise } = wait([expectation('web-1', { probe: web.probe })]);
  await settle();
  web.tell(seen);
  expect(await waitStatus.look?.()).toBe(`web: running, ${text}`);
  web.answer();
  await pass(2_000);
  await promise;
});

test('the wait shows its limit, and the state of each container that is not healthy yet', async () => {
  const web = manualProbe();
  const { promise } = wait([expectation('web-1', { probe: web.probe }), expectation('api-1')]);
  engine.set({ id: 'web-1', health: health('starting') });
  engine.set({ id: 'api-1', health: health('starting') });
  await settle();
  expect(waitStatus.limit).toBe(TIMEOUT);
  expect(await waitStatus.look?.()).toBe(
    'web: running, HEALTHCHECK starting, no answer to the edge; api: running, HEALTHCHECK starting',
  );
  web.answer();
  engine.set({ id: 'api-1', health: health('healthy') });
  engine.emit('health_status: healthy', 'api-1');
  await settle();
  expect(await waitStatus.look?.()).toBe('web: running, HEALTHCHECK starting');
  engine.set({ id: 'web-1', health: health('healthy') });
  engine.emit('health_status: healthy', 'web-1');
  await promise;
});

test('a wait for no containers ends at once', async () => {
  await wait([]).promise;
});

describe('the error at the end of the time', () => {
  test('names each service that is not healthy, its state and what to change', async () => {
    const each = [expectation('web-1'), expectation('web-2'), expectation('api-1'), expectation('worker-1')];
    engine.set({ id: 'web-1', health: health('starting') });
    engine.set({ id: 'web-2', health: health('starting') });
    engine.set({ id: 'api-1', health: health('healthy') });
    engine.set({ id: 'worker-1', state: 'restarting', restartCount: 2, exitCode: 1 });
    const { promise } = wait(each, 1500);
    await pass(1500);
    await expect(promise).rejects.toThrow(
      'ssh://one: not healthy within 1.5s (web: running, HEALTHCHECK starting; worker: restarting, it exited with code 1, 2 restarts). ' +
        'Increase "health-timeout", or fix what the container logs show.',
    );
  });

  test('is a HostError', async () => {
    engine.set({ health: health('starting') });
    const { promise } = wait(
      [{ ...expectation(), container: engine.set({ health: health('starting') }) }],
      10,
    );
    await pass(10);
    await expect(promise).rejects.toBeInstanceOf(HostError);
  });
});

describe('the wait also ends', () => {
  test('when the job is cancelled', async () => {
    const { probe } = manualProbe();
    const { promise } = wait([expectation('web-1', { probe })]);
    await settle();
    cancelled.abort(new Error('The job was cancelled.'));
    await expect(promise).rejects.toThrow('The job was cancelled.');
  });

  test('when the job was cancelled before', async () => {
    cancelled.abort(new Error('The job was cancelled.'));
    await expect(wait([expectation()]).promise).rejects.toThrow('The job was cancelled.');
  });

  test('when the connection is lost, with the error of the connection', async () => {
    const { probe } = manualProbe();
    const { promise } = wait([expectation('web-1', { probe }), expectation('api-1')]);
    await settle();
    engine.disconnect(new HostError(hostName('ssh://one'), 'the connection was lost.'));
    await expect(promise).rejects.toThrow('ssh://one: the connection was lost.');
  });

  test('when the event stream ends', async () => {
    const { promise } = wait([expectation()]);
    await settle();
    engine.endStreams(new HostError(hostName('ssh://one'), 'the engine was stopped'));
    await expect(promise).rejects.toThrow('the engine was stopped');
  });

  test('when the event stream can not be opened', async () => {
    engine.events = () => Promise.reject(new HostError(hostName('ssh://one'), 'refused'));
    await expect(wait([expectation()]).promise).rejects.toThrow('ssh://one: refused');
  });
});

test('an open port is not enough: a container that exits soon after fails the wait', async () => {
  const { probe, answer } = manualProbe();
  const each = expectation('web-1', { probe, mustSettle: true });
  const { ended } = wait([each]);
  answer();
  await pass(500);
  expect(ended()).toBeUndefined();
  engine.set({ id: 'web-1', state: 'exited', exitCode: 7 });
  engine.emit('die');
  await settle();
  expect(ended()).toContain('exited with code 7');
});
