import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { SwarmTask } from '../../src/engine/swarm-engine.ts';
import { convergeServices } from '../../src/swarm/converge.ts';
import { endedTasks } from '../../src/swarm/swarm-state.ts';
import { failed, NEW, NODES, service, task } from './support/services.ts';

/** Converges a service whose tasks are each time as the next of these says; at the end as the last one. */
async function converge(
  looks: readonly (readonly SwarmTask[])[],
  { timeout = 60_000, known = [] as readonly string[], signal = new AbortController().signal } = {},
) {
  const lines: string[] = [];
  let count = 0;
  const resume = async () => undefined;
  const look = async () => {
    const tasks = looks[Math.min(count, looks.length - 1)] ?? [];
    count += 1;
    return { services: [service()], tasks, nodes: NODES, lost: new Set<string>() };
  };
  const converged = convergeServices(
    {
      prefix: 'shop-production_',
      wanted: new Map([['web', NEW]]),
      known: new Set(known),
      timeout,
      look,
      resume,
    },
    { signal, onProgress: (line) => lines.push(line.replace(/ {2}after .*/, '')) },
  );
  return { result: await overTime(converged), lines };
}

/** Lets time go by until it is settled. */
async function overTime<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  // It may fail while time goes by.
  settled.catch(() => undefined);
  while (!isSettled) await jest.advanceTimersByTimeAsync(100);
  return await settled;
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('how many new tasks are ready is told whenever it changes', async () => {
  const [one, two] = [task(), task()];
  const old = task({}, 'd-old');
  expect(await converge([[old], [old], [one, old], [one, two, old], [one, two]])).toEqual({
    result: 'web 2 of 2',
    lines: ['web 0 of 2', 'web 1 of 2', 'web 2 of 2, old ones still run', 'web 2 of 2'],
  });
});

describe('a service is given up', () => {
  test('when its tasks fail again and again, with what a node needs to pull', async () => {
    const rejected = { state: 'rejected', exitCode: undefined, error: 'No such image: shop@new' } as const;
    const tasks = [failed(rejected), failed(rejected), failed(rejected)];
    await expect(converge([tasks], { timeout: 40 })).rejects.toThrow(
      'web did not converge: its tasks failed 3 times, 0 of 2 new tasks are ready; on s1: No such image: shop@new. The node could not pull it: can it reach the registry, and may the login of "registry-username" read it?',
    );
  });

  test('when it makes no progress in time, but not while a node pulls', async () => {
    await expect(converge([[task({ state: 'starting' })]], { timeout: 100 })).rejects.toThrow(
      'web did not converge: no progress for 100ms, 0 of 2 new tasks are ready; on s1: started, but its HEALTHCHECK has not succeeded yet. Increase "health-timeout", or fix the cause.',
    );
    const pulling = task({ state: 'preparing' });
    const done = [task(), task()];
    expect((await converge([[pulling], [pulling], [pulling], done], { timeout: 100 })).result).toBe(
      'web 2 of 2',
    );
  });

  test('when somebody removes it', async () => {
    const state = { services: [], tasks: [], nodes: NODES, lost: new Set<string>() };
    const wanted = new Map([['web', NEW]]);
    const given = {
      prefix: 'shop-production_',
      wanted,
      known: new Set<string>(),
      timeout: 1,
      look: async () => state,
      resume: async () => undefined,
    };
    const wait = { signal: new AbortController().signal, onProgress: () => undefined };
    await expect(convergeServices(given, wait)).rejects.toThrow('somebody removed it');
  });

  test('when the job is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('The job was cancelled.'));
    await expect(converge([[]], { signal })).rejects.toThrow('The job was cancelled.');
  });
});

test('tasks of a release that failed do not take back the one before it, whose containers are the same', async () => {
  const rejected = { state: 'rejected', exitCode: undefined, error: 'no room' } as const;
  const tasks = [failed(rejected), failed(rejected), failed(rejected)];
  const known = endedTasks({ tasks });
  const looks = [tasks, tasks, tasks, tasks, [...tasks, task(), task()]];
  expect((await converge(looks, { timeout: 4_000, known })).result).toBe('web 2 of 2');
});

test('an update that waits for a task on a node that is gone begins anew, once', async () => {
  const update = { state: 'updating', message: '' } as const;
  const stranded = task({ nodeId: 'n2', state: 'starting', desiredState: 'shutdown' });
  const [one, two] = [task(), task()];
  const state = { tasks: [stranded, one, two], nodes: NODES, lost: new Set(['n2']) };
  const resumed: string[] = [];
  const lines: string[] = [];
  let attempts = 0;
  const result = convergeServices(
    {
      ...{ prefix: 'shop-production_', wanted: new Map([['web', NEW]]), known: new Set(), timeout: 60_000 },
      look: async () => ({ ...state, services: [service(resumed.length === 0 ? { update } : {})] }),
      resume: async ({ name }) => {
        attempts += 1;
        // The swarm has changed it in the same moment.
        if (attempts === 1) throw new Error('update out of sequence');
        resumed.push(name);
      },
    },
    { signal: new AbortController().signal, onProgress: (line) => lines.push(line) },
  );
  expect(await overTime(result)).toBe('web 2 of 2');
  expect(resumed).toEqual(['shop-production_web']);
  expect(lines).toContain('web: a node is gone on which a task was to start, so its update begins anew');
});
