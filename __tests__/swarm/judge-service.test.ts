import { describe, expect, test } from '@jest/globals';
import type { SwarmService, SwarmTask } from '../../src/engine/swarm-engine.ts';
import { LABEL } from '../../src/model/app-environment.ts';
import { judgeService, type WantedService } from '../../src/swarm/judge-service.ts';
import { failed, NEW, NODES, service, task } from './support/services.ts';

const judge = (given: Partial<SwarmService>, tasks: readonly SwarmTask[], known?: ReadonlySet<string>) =>
  judgeService(service(given), tasks, NODES, NEW, known);

describe('a service is whole', () => {
  test('when as many tasks of its definition run as it has replicas', () => {
    const tasks = [task(), task()];
    expect(judge({}, tasks)).toEqual({
      kind: 'whole',
      counts: { wanted: 2, ready: 2 },
      parts: tasks.map(({ id }) => id),
      isProven: true,
      failures: 0,
    });
  });

  test('when it was just made, though nobody has watched its tasks', () => {
    expect(judge({ update: { state: undefined, message: '' } }, [task(), task()])).toMatchObject({
      kind: 'whole',
      isProven: false,
    });
  });

  test('when one runs on each node that the swarm has chosen', () => {
    const tasks = [task({ slot: 0 }), task({ slot: 0, nodeId: 'n2' })];
    expect(judge({ mode: 'global', replicas: 0 }, tasks)).toMatchObject({ counts: { wanted: 2, ready: 2 } });
  });

  test.each(['global', 'global-job'] as const)('but not a %s one without any task', (mode) => {
    expect(judge({ mode, replicas: 0 }, [])).toMatchObject({
      kind: 'pending',
      problem: expect.stringContaining('the swarm has made no task for it'),
    });
  });

  test('when it is a job whose last execution has ended well', () => {
    const done = { state: 'complete', desiredState: 'complete', exitCode: 0 } as const;
    const tasks = [task({ ...done, jobIteration: 1 }), task({ ...failed(), jobIteration: 0 })];
    expect(judge({ mode: 'replicated-job', replicas: 1, jobIteration: 1 }, tasks).kind).toBe('whole');
  });

  test('when its tasks were to run once and have ended well', () => {
    const done = task({ state: 'complete', desiredState: 'shutdown', exitCode: 0 });
    expect(judge({ replicas: 1, restartsWhenDone: false }, [done]).kind).toBe('whole');
    expect(judge({ replicas: 1 }, [done])).toMatchObject({ kind: 'pending', failures: 1 });
  });
});

describe('a service that was made by hand', () => {
  const wanted: WantedService = { release: undefined, definition: undefined, image: 'shop@new' };
  const byHand = (image: string, tasks: readonly SwarmTask[]) =>
    judgeService(service({ image, labels: {}, containerLabels: {} }), tasks, NODES, wanted);
  const running = (image: string): SwarmTask => task({ image, labels: {} });

  test('is judged by the image of its tasks', () => {
    expect(byHand('shop@new', [running('shop@new'), running('shop@new')]).kind).toBe('whole');
    expect(byHand('shop@new', [running('shop@new'), running('shop@old')])).toMatchObject({
      kind: 'pending',
      counts: { wanted: 2, ready: 1 },
    });
  });

  test('has failed when the swarm has given it its old image again', () => {
    expect(byHand('shop@old', [running('shop@old'), running('shop@old')])).toMatchObject({
      kind: 'failed',
      why: 'its image is shop@old again: the swarm rolled it back by itself, or somebody has changed it',
    });
  });
});

describe('a service is pending', () => {
  test('while a task of another definition still runs, whatever its update says', () => {
    expect(judge({}, [task(), task(), task({}, 'd-old')]).kind).toBe('pending');
    expect(judge({}, [task(), task({}, 'd-old')])).toMatchObject({ counts: { wanted: 2, ready: 1 } });
  });

  test('while its update goes on, although all of its tasks run', () => {
    expect(judge({ update: { state: 'updating', message: '' } }, [task(), task()]).kind).toBe('pending');
  });

  test('with the words of the scheduler for a task that finds no node', () => {
    const error = 'no suitable node (insufficient resources on 3 nodes)';
    expect(judge({}, [task(), task({ state: 'pending', nodeId: '', error })])).toMatchObject({
      problem: error,
    });
  });

  test('with the newest failure and its node; failures from before the deploy do not count', () => {
    const old = failed({ error: 'old' });
    const tasks = [
      old,
      failed(),
      failed({ nodeId: 'n2', state: 'rejected', error: 'No such image: shop@new' }),
    ];
    expect(judge({}, tasks, new Set([old.id]))).toMatchObject({
      kind: 'pending',
      failures: 2,
      problem: 'on s2: No such image: shop@new',
    });
  });

  test('with the HEALTHCHECK that has not succeeded, and while a node pulls', () => {
    expect(judge({}, [task({ state: 'starting' })])).toMatchObject({
      problem: 'on s1: started, but its HEALTHCHECK has not succeeded yet',
      pulling: false,
    });
    expect(judge({}, [task({ state: 'preparing' })])).toMatchObject({ pulling: true });
  });
});

describe('a service has failed', () => {
  test.each([
    ['rollback_completed', 'rollback completed'],
    ['rollback_started', 'update rolled back due to failure'],
    ['rollback_paused', 'paused'],
  ] as const)('when the swarm rolls it back by itself: %s', (state, message) => {
    const labels = { [LABEL.release]: 'old' };
    expect(judge({ labels, image: 'shop@old', update: { state, message } }, [])).toMatchObject({
      kind: 'failed',
      why: `the swarm rolled it back by itself (${message})`,
    });
  });

  test('when its update is completed, but with the definition of another release', () => {
    const rolledBack = { labels: { [LABEL.release]: 'old' }, image: 'shop@old' };
    expect(judge(rolledBack, [task({}, 'd-old'), task({}, 'd-old')])).toMatchObject({ kind: 'failed' });
    expect(judge({ image: 'shop@old' }, [task(), task()])).toMatchObject({ kind: 'failed' });
  });

  test('when the swarm gives its update up, with the error of the task', () => {
    const update = { state: 'paused', message: 'update paused due to failure' } as const;
    expect(judge({ update }, [failed()])).toMatchObject({
      kind: 'failed',
      why: 'the swarm gave its update up (update paused due to failure); on s1: task: non-zero exit (3)',
    });
  });
});

test('without a wanted definition a service is judged by its own', () => {
  const own = service({ labels: {}, update: { state: 'completed', message: '' } });
  expect(judgeService(own, [task(), task()], NODES, undefined).kind).toBe('whole');
  expect(judgeService(own, [task()], NODES, undefined).kind).toBe('pending');
});
