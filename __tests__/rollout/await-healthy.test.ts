import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import { awaitHealthy, type HealthExpectation } from '../../src/rollout/await-healthy.ts';
import { SETTLE_TIME } from '../../src/rollout/container-verdict.ts';
import { health, MemoryEngine } from './support/engine.ts';

const TIMEOUT = 60_000;

let engine: MemoryEngine;
let cancelled: AbortController;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  engine = new MemoryEngine();
  cancelled = new AbortController();
});

afterEach(() => {
  // Whatever happened: no timer is left, nobody listens to the engine.
  expect(jest.getTimerCount()).toBe(0);
  expect(engine.listeners).toBe(0);
  jest.useRealTimers();
});

const expected = (id = 'web-1', changes: Partial<HealthExpectation> = {}): HealthExpectation => ({
  container: engine.set({ id }),
  service: id.replace(/-\d+$/, ''),
  oneShot: false,
  probe: undefined,
  mustSettle: false,
  ...changes,
});

/** A wait whose end can be looked at while it lasts. */
function wait(
  expectations: readonly HealthExpectation[],
  timeout = TIMEOUT,
  tolerate: Readonly<Record<string, number>> = {},
): { readonly ended: () => string | undefined; readonly promise: Promise<readonly string[]> } {
  const promise = awaitHealthy({ engine, signal: cancelled.signal }, expectations, timeout, tolerate).then(
    ({ tolerated }) => tolerated,
  );
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

/** Lets everything happen that needs no time. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const pass = async (milliseconds: number): Promise<void> => {
  await settle();
  jest.advanceTimersByTime(milliseconds);
  await settle();
};

/** A question that is answered by hand. */
function question(): {
  readonly ask: NonNullable<HealthExpectation['probe']>;
  readonly answer: () => void;
  readonly refuse: (why: string) => void;
  readonly told: () => unknown;
} {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let told: unknown;
  return {
    ask: (signal) => {
      signal.addEventListener('abort', () => {
        told = signal.reason;
        reject(signal.reason);
      });
      return promise;
    },
    answer: resolve,
    refuse: (why) => reject(new HostError('ssh://one', why)),
    told: () => told,
  };
}

describe('a HEALTHCHECK', () => {
  test('that is healthy already needs no event', async () => {
    const each = expected();
    engine.set({ health: health('healthy') });
    await wait([each]).promise;
    expect(engine.inspections).toBe(1);
  });

  test('that becomes healthy is noticed with its event, without asking over and over', async () => {
    const each = expected();
    engine.set({ health: health('starting') });
    const { ended, promise } = wait([each]);
    await pass(30_000);
    expect([ended(), engine.inspections]).toEqual([undefined, 1]);
    engine.set({ health: health('healthy') });
    engine.tell('health_status: healthy');
    await promise;
    expect(engine.inspections).toBe(2);
  });

  test('that becomes healthy just before the look is not missed', async () => {
    const each = expected();
    engine.set({ health: health('starting') });
    // The event comes while the question is under way, whose answer is older.
    engine.beforeInspection = () => {
      if (engine.inspections > 1) engine.set({ health: health('healthy') });
      else engine.tell('health_status: healthy');
    };
    await wait([each]).promise;
  });

  test('that fails ends the wait at once, with what it said', async () => {
    const each = expected();
    engine.set({ health: health('starting') });
    const { promise } = wait([each]);
    await settle();
    engine.set({ health: health('unhealthy', 'no database') });
    engine.tell('health_status: unhealthy');
    await expect(promise).rejects.toThrow(
      'ssh://one: web did not become healthy: its HEALTHCHECK fails: no database',
    );
  });
});

describe('a death', () => {
  test('is noticed at once', async () => {
    const each = expected();
    engine.set({ health: health('starting') });
    const { promise } = wait([each]);
    await settle();
    engine.set({ state: 'exited', exitCode: 3 });
    engine.tell('die');
    await expect(promise).rejects.toThrow('ssh://one: web did not become healthy: it exited with code 3');
  });

  test('that came before the wait is noticed', async () => {
    const each = expected();
    engine.set({ state: 'exited', exitCode: 3 });
    await expect(wait([each]).promise).rejects.toThrow('it exited with code 3');
  });

  test('of one ends the wait for all', async () => {
    const each = [expected('web-1'), expected('api-1')];
    engine.set({ id: 'web-1', health: health('starting') });
    engine.set({ id: 'api-1', health: health('starting') });
    const { promise } = wait(each);
    await settle();
    engine.set({ id: 'api-1', state: 'exited', exitCode: 1 });
    engine.tell('die', 'api-1');
    await expect(promise).rejects.toThrow('api did not become healthy');
  });

  test('ends a question that is under way', async () => {
    const { ask, told } = question();
    const { promise } = wait([expected('web-1', { probe: ask })]);
    await settle();
    engine.set({ state: 'exited', exitCode: 3 });
    engine.tell('die');
    await expect(promise).rejects.toThrow('it exited with code 3');
    expect(told()).toBeDefined();
  });
});

describe('failures that are tolerated', () => {
  const three = (): readonly HealthExpectation[] => ['web-1', 'web-2', 'api-1'].map((id) => expected(id));
  const start = (): void => {
    for (const id of ['web-1', 'web-2', 'api-1']) engine.set({ id, health: health('starting') });
  };
  const become = (id: string, change: Parameters<typeof engine.set>[0], event: string): void => {
    engine.set({ id, ...change });
    engine.tell(event, id);
  };

  test('are said when all others have become healthy', async () => {
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

  test.each(['web-1', 'api-1'])('are so many of their service and no more: not also %s', async (second) => {
    const expectations = three();
    start();
    const { promise } = wait(expectations, TIMEOUT, { web: 1 });
    await settle();
    become('web-2', { state: 'exited', exitCode: 3 }, 'die');
    await settle();
    become(second, { state: 'exited', exitCode: 4 }, 'die');
    await expect(promise).rejects.toThrow('it exited with code 4');
  });

  test('may be that the time is over', async () => {
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

  test('may be that a question was answered wrongly', async () => {
    const { ask, refuse } = question();
    const other = question();
    const { promise } = wait(
      [expected('web-1', { probe: ask }), expected('web-2', { probe: other.ask })],
      TIMEOUT,
      {
        web: 1,
      },
    );
    await settle();
    refuse('web-1 answered 500');
    other.answer();
    await expect(promise).resolves.toEqual(['web-1 answered 500']);
  });
});

describe('a container that crashes again and again', () => {
  /** What the engine tells of one crash, and how the container is between it and the next start. */
  const crash = (restartCount: number, exitCode = 1): void => {
    engine.set({ state: 'restarting', restartCount, exitCode });
    engine.tell('die', 'web-1', { exitCode: String(exitCode) });
  };
  const startAgain = (): void => {
    engine.set({ state: 'running', exitCode: 0, startedAt: String(performance.now()) });
    engine.tell('start');
  };

  test('is found out long before the time is over, with its exit code and its restarts', async () => {
    const { ask } = question();
    const { ended, promise } = wait([expected('web-1', { probe: ask })]);
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

  test('has some seconds until what it needs is there', async () => {
    const { ended, promise } = wait([expected()]);
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

  test('is not waited for until its next crash when these are over', async () => {
    const { ended } = wait([expected()]);
    await pass(100);
    crash(3);
    await pass(9_800);
    expect(ended()).toBeUndefined();
    await pass(200);
    expect(ended()).toContain('crashes again and again');
  });

  test('before the wait may have done so for other reasons', async () => {
    const each = { ...expected(), container: engine.set({ restartCount: 12 }) };
    const { promise } = wait([each]);
    await pass(SETTLE_TIME);
    await promise;
  });

  test('says what it did before anybody says that it does not answer', async () => {
    const { ask, refuse } = question();
    const { promise } = wait([expected('web-1', { probe: ask })]);
    await settle();
    engine.tell('oom');
    crash(1, 137);
    await settle();
    startAgain();
    await settle();
    refuse('web-1:3000 does not accept connections: refused.');
    await expect(promise).rejects.toThrow(
      'ssh://one: web did not become healthy in time: it exited with code 137 (out of memory), 1 restart. web-1:3000 does not accept connections: refused.',
    );
  });
});

describe('without a HEALTHCHECK and without a question', () => {
  test('a container must run for the settle time', async () => {
    const { ended, promise } = wait([expected()]);
    await pass(SETTLE_TIME - 1);
    expect(ended()).toBeUndefined();
    await pass(1);
    await promise;
  });

  test('a restart begins the settle time anew', async () => {
    const { ended, promise } = wait([expected()]);
    await pass(SETTLE_TIME - 100);
    engine.set({ startedAt: '2026-01-01T00:00:02Z', restartCount: 1 });
    engine.tell('start');
    await pass(SETTLE_TIME - 1);
    expect(ended()).toBeUndefined();
    await pass(1);
    await promise;
  });
});

describe('a question', () => {
  test('that is answered is enough: no settle time is added', async () => {
    const { ask, answer } = question();
    const { ended, promise } = wait([expected('web-1', { probe: ask })]);
    await pass(SETTLE_TIME * 2);
    expect(ended()).toBeUndefined();
    answer();
    await promise;
  });

  test('that is answered at once is enough', async () => {
    await wait([expected('web-1', { probe: () => Promise.resolve() })]).promise;
  });

  test('that is refused ends the wait with its own words', async () => {
    const { ask, refuse } = question();
    const { promise } = wait([expected('web-1', { probe: ask }), expected('api-1')]);
    await settle();
    refuse('web does not answer on 8080: connection refused');
    await expect(promise).rejects.toThrow('ssh://one: web does not answer on 8080: connection refused');
  });

  test('has the last word when the time is over', async () => {
    const { ask, refuse } = question();
    const { ended, promise } = wait([expected('web-1', { probe: ask })]);
    await pass(TIMEOUT + 1000);
    expect(ended()).toBeUndefined();
    refuse('/up answered 503');
    await expect(promise).rejects.toThrow('/up answered 503');
  });

  test('that says nothing even then is given up', async () => {
    const { ask, told } = question();
    const { promise } = wait([expected('web-1', { probe: ask })]);
    await pass(TIMEOUT);
    await pass(3_000);
    await expect(promise).rejects.toThrow('not healthy within 1m (web: running)');
    expect(told()).toBeDefined();
  });
});

test('a one-shot container is waited for until it ends with 0', async () => {
  const { ended, promise } = wait([expected('migrate-1', { oneShot: true })]);
  await pass(SETTLE_TIME * 2);
  expect(ended()).toBeUndefined();
  engine.set({ id: 'migrate-1', state: 'exited', exitCode: 0 });
  engine.tell('die', 'migrate-1');
  await promise;
});

test('all are waited for, also those that come last', async () => {
  const each = [expected('web-1'), expected('web-2')];
  engine.set({ id: 'web-1', health: health('healthy') });
  engine.set({ id: 'web-2', health: health('starting') });
  const { ended, promise } = wait(each);
  await settle();
  expect(ended()).toBeUndefined();
  engine.set({ id: 'web-2', health: health('healthy') });
  engine.tell('health_status: healthy', 'web-2');
  await promise;
});

test('nothing to wait for is fine', async () => {
  await wait([]).promise;
});

describe('the end of the time', () => {
  test('names what is not healthy yet, how it is and what to change', async () => {
    const each = [expected('web-1'), expected('web-2'), expected('api-1'), expected('worker-1')];
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
    const { promise } = wait([{ ...expected(), container: engine.set({ health: health('starting') }) }], 10);
    await pass(10);
    await expect(promise).rejects.toBeInstanceOf(HostError);
  });
});

describe('what else ends the wait', () => {
  test('a cancelled job', async () => {
    const { ask } = question();
    const { promise } = wait([expected('web-1', { probe: ask })]);
    await settle();
    cancelled.abort(new Error('The job was cancelled.'));
    await expect(promise).rejects.toThrow('The job was cancelled.');
  });

  test('a job that was cancelled before', async () => {
    cancelled.abort(new Error('The job was cancelled.'));
    await expect(wait([expected()]).promise).rejects.toThrow('The job was cancelled.');
  });

  test('a lost connection, with its own error', async () => {
    const { ask } = question();
    const { promise } = wait([expected('web-1', { probe: ask }), expected('api-1')]);
    await settle();
    engine.lose(new HostError('ssh://one', 'the connection was lost.'));
    await expect(promise).rejects.toThrow('ssh://one: the connection was lost.');
  });

  test('a stream of events that breaks off', async () => {
    const { promise } = wait([expected()]);
    await settle();
    engine.endStreams(new HostError('ssh://one', 'the engine was stopped'));
    await expect(promise).rejects.toThrow('the engine was stopped');
  });

  test('an engine that can not be listened to', async () => {
    engine.events = () => Promise.reject(new HostError('ssh://one', 'refused'));
    await expect(wait([expected()]).promise).rejects.toThrow('ssh://one: refused');
  });
});

test('a port that is open proves little: what dies soon after is found out', async () => {
  const { ask, answer } = question();
  const each = expected('web-1', { probe: ask, mustSettle: true });
  const { ended } = wait([each]);
  answer();
  await pass(500);
  expect(ended()).toBeUndefined();
  engine.set({ id: 'web-1', state: 'exited', exitCode: 7 });
  engine.tell('die');
  await settle();
  expect(ended()).toContain('exited with code 7');
});
