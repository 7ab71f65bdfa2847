import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { HostError, messageOf } from '../../src/model/errors.ts';
import type { HostName, ReleaseId } from '../../src/model/identifiers.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { Evidence, Outcome, StepResult } from '../../src/plan/outcome.ts';
import { COMMITTED_STAGES, type HostPlan, type Plan, STAGES, type Step, step } from '../../src/plan/plan.ts';
import { executePlan } from '../../src/rollout/execute-plan.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { type ExecutionChanges, executeWith, type Perform } from './support/execution.ts';

/** A step that is told apart by its name, and its undos. */
const doing = (name: string, ...undos: readonly string[]): Step => step(action(name), ...undos.map(action));
const action = (name: string): Action => ({
  kind: 'pull-images',
  release: releaseId(name.replaceAll(' ', '_')),
});
const nameOf = (of: Action | undefined): string =>
  of !== undefined && 'release' in of ? String(of.release).replaceAll('_', ' ') : '–';

const plan = (
  hosts: Readonly<Record<string, HostPlan>>,
  waves: readonly (readonly string[])[] = [Object.keys(hosts)],
): Plan => ({
  release: releaseId('new'),
  hosts: new Map(Object.entries(hosts).map(([host, of]) => [hostName(host), of])),
  waves: waves.map((wave) => wave.map(hostName)),
});

/** What happened, in order: `a:start` as something began, `a:start.` as it ended. */
let events: string[];
beforeEach(() => {
  events = [];
});

/** Performs by noting; `what` may fail or wait. */
function performing(
  what: (name: string, host: HostName, signal: AbortSignal) => Promise<string | undefined> | undefined = () =>
    undefined,
): Perform {
  return async (host, act, signal) => {
    const name = `${host}:${nameOf(act)}`;
    events.push(name);
    try {
      return await what(nameOf(act), host, signal);
    } finally {
      events.push(`${name}.`);
    }
  };
}

/** Waits as a check does: until it is ended from outside. */
const untilEnded = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** Fails where it is told to. */
const failingAt = (...names: readonly string[]): Perform =>
  performing((name, host) =>
    names.includes(`${host}:${name}`) ? Promise.reject(new HostError(host, `no ${name}`)) : undefined,
  );

const noteVerified = async (): Promise<void> => {
  events.push('verified');
};

const begun = (): readonly string[] => events.filter((event) => !event.endsWith('.'));
const EVIDENCE = (host: HostName): Evidence => ({
  host,
  container: 'web-1',
  service: 'web',
  state: 'exited',
  exitCode: 1,
  oomKilled: false,
  health: undefined,
  lastLines: [],
});

/** Resolves when something has happened, without any time passing. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setImmediate(resolve));
}

const stepsOf = (outcome: Outcome): readonly string[] =>
  outcome.steps.map(
    ({ host, stage, action: act, ok, undo }) =>
      `${host} ${stage} ${nameOf(act)} ${ok ? 'ok' : 'failed'}${undo ? ' (undo)' : ''}`,
  );

function rolledBack(outcome: Outcome): Outcome & { readonly kind: 'rolled-back' } {
  if (outcome.kind !== 'rolled-back') throw new Error(`It was not rolled back: ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('a plan that goes well', () => {
  test('is carried out stage by stage, whatever the order in which it was written', async () => {
    const written = Object.fromEntries(
      STAGES.toReversed().map((stage) => [stage, [doing(`${stage}1`), doing(`${stage}2`)]]),
    );
    const outcome = await executeWith(plan({ a: written }), performing(), {});
    expect(begun()).toEqual(STAGES.flatMap((stage) => [`a:${stage}1`, `a:${stage}2`]));
    expect(outcome.kind).toBe('succeeded');
  });

  test('has what a pull found, although that is known only during the next step', async () => {
    const [pull, record] = [doing('pull'), doing('record')];
    const images = [{ image: 'shop', size: 5, pulled: 0 }];
    const pullResults = new Map<Action, typeof images>();
    const perform = performing(async (name) => {
      if (name === 'record') pullResults.set(pull.action, images);
      return undefined;
    });
    const runState = { pullResults };
    const { steps } = await executeWith(plan({ a: { pull: [pull], prepare: [record] } }), perform, {
      runState,
    });
    expect(steps.map((each) => each.images)).toEqual([images, undefined]);
  });

  test('goes side by side on the hosts within a stage, and nobody begins the next one before all are through', async () => {
    const gate = Promise.withResolvers<undefined>();
    const both = { start: [doing('start')], check: [doing('check')] };
    const running = executeWith(
      plan({ a: both, b: both, c: { check: [doing('check')] } }),
      performing((name, host) => (host === 'a' && name === 'start' ? gate.promise : undefined)),
      {},
    );
    await new Promise(setImmediate);
    expect(events).toEqual(['a:start', 'b:start', 'b:start.']);
    gate.resolve(undefined);
    await running;
    expect(events.slice(3, 4)).toEqual(['a:start.']);
    expect(begun().slice(2)).toEqual(['a:check', 'b:check', 'c:check']);
  });

  test('tells each step as it begins and ends, with what was found and when', async () => {
    const told: [string, StepResult | undefined][] = [];
    const outcome = await executeWith(
      plan({ a: { pull: [doing('one'), doing('two')] } }),
      performing((name) => Promise.resolve(`found ${name}`)),
      {
        onStepStart: (_, stage, act) => told.push([`${stage} ${nameOf(act)}`, undefined]),
        onStepEnd: (result) => told.push(['ended', result]),
      },
    );
    expect(told.map(([what]) => what)).toEqual(['pull one', 'ended', 'pull two', 'ended']);
    expect(told.flatMap(([, result]) => (result === undefined ? [] : [result]))).toEqual(outcome.steps);
    expect(outcome.steps).toMatchObject([
      { host: 'a', stage: 'pull', ok: true, undo: false, note: 'found one' },
      { note: 'found two' },
    ]);
    const [one, two] = outcome.steps;
    expect(two?.at).toBeGreaterThanOrEqual((one?.at ?? 0) + (one?.took ?? 0));
  });

  test('tells of a step that waits, with what it waits for, and of the verification, as long as they last', async () => {
    const tasks = new Set<() => void>();
    const repeat = (task: () => void): Disposable => {
      tasks.add(task);
      return { [Symbol.dispose]: () => tasks.delete(task) };
    };
    const told: string[] = [];
    const passTime = async (): Promise<void> => {
      for (const task of tasks) task();
      await new Promise(setImmediate);
    };
    await executeWith(
      plan({ a: { start: [doing('one'), doing('two')], switch: [doing('switch')] } }),
      performing(async (name) => {
        if (name === 'two') await passTime();
        return undefined;
      }),
      {
        repeat,
        async verify(status) {
          status.limit = 60_000;
          status.look = () => 'it answered 503';
          await passTime();
        },
        onWait: ({ limit, seen }, step) =>
          told.push(
            `${step === undefined ? 'outside' : `${step.host} ${nameOf(step.action)}`} ${limit} ${seen}`,
          ),
      },
    );
    expect(told).toEqual(['a two undefined undefined', 'outside 60000 it answered 503']);
    expect(tasks.size).toBe(0);
  });

  test('is verified after every host has switched, before anything is accepted', async () => {
    const one = { switch: [doing('switch')], complete: [doing('complete')] };
    await executeWith(plan({ a: one, b: one }), performing(), { verify: noteVerified });
    expect(events.filter((event) => event === 'verified' || !event.endsWith('.'))).toEqual([
      'a:switch',
      'b:switch',
      'verified',
      'a:complete',
      'b:complete',
    ]);
  });
});

describe('a failure', () => {
  const one: HostPlan = {
    prepare: [doing('edge', 'no edge')],
    start: [doing('web', 'stop web', 'drop web'), doing('api', 'stop api')],
    check: [doing('check', 'uncheck')],
    switch: [doing('switch', 'switch back')],
  };

  test('takes back every step that was begun, last first, the one that failed among them', async () => {
    const outcome = rolledBack(await executeWith(plan({ a: one }), failingAt('a:check'), {}));
    expect(begun()).toEqual([
      'a:edge',
      'a:web',
      'a:api',
      'a:check',
      'a:uncheck',
      'a:stop api',
      'a:stop web',
      'a:drop web',
      'a:no edge',
    ]);
    expect(outcome.failures).toMatchObject([{ host: 'a', stage: 'check' }]);
    expect(messageOf(outcome.failures[0]?.error)).toBe('a: no check');
    expect(outcome.undoFailures).toEqual([]);
    expect(stepsOf(outcome).slice(3, 5)).toEqual(['a check check failed', 'a check uncheck ok (undo)']);
  });

  test('on one host ends what the others wait for, begins nothing more there, and takes all of them back', async () => {
    const outcome = rolledBack(
      await executeWith(
        plan({ a: one, b: one }),
        performing((name, host, signal) => {
          if (host === 'a' && name === 'web') return Promise.reject(new HostError(hostName('a'), 'no web'));
          return host === 'b' && name === 'web' ? untilEnded(signal) : undefined;
        }),
        {},
      ),
    );
    const of = (host: string): readonly string[] => begun().filter((event) => event.startsWith(host));
    expect(of('a')).toEqual(['a:edge', 'a:web', 'a:stop web', 'a:drop web', 'a:no edge']);
    expect(of('b')).toEqual(['b:edge', 'b:web', 'b:stop web', 'b:drop web', 'b:no edge']);
    expect(events.indexOf('a:stop web')).toBeGreaterThan(events.indexOf('b:web.'));
    expect(outcome.failures).toMatchObject([{ host: 'a' }]);
    expect(outcome.steps.filter(({ aborted: ended }) => ended)).toMatchObject([{ host: 'b', ok: false }]);
  });

  test('of a lock ends what waits on that host at once, and says why', async () => {
    const lost = new AbortController();
    const reason = new HostError(hostName('b'), 'another run has locked it');
    const lock = {
      assertHeld: (host: HostName) => host === 'b' && lost.signal.throwIfAborted(),
      lost: (host: HostName) => (host === 'b' ? lost.signal : undefined),
    };
    const outcome = rolledBack(
      await executeWith(
        plan({ a: one, b: one }),
        performing((name, host, signal) => {
          if (host === 'b' && name === 'web') lost.abort(reason);
          return name === 'web' ? untilEnded(signal) : undefined;
        }),
        { lock },
      ),
    );
    expect(outcome.failures).toMatchObject([{ host: 'b', stage: 'start', error: reason }]);
    expect(outcome.steps.filter(({ aborted: ended }) => ended)).toMatchObject([{ host: 'a' }]);
    expect(begun()).not.toContain('a:api');
  });

  test('of a lock ends a change as well', async () => {
    const lost = new AbortController();
    const reason = new HostError(hostName('a'), 'another run has locked it');
    const outcome = rolledBack(
      await executeWith(
        plan({ a: { start: [step({ kind: 'record-release', release: releaseId('11111111') })] } }),
        performing((_name, _host, signal) => {
          lost.abort(reason);
          return untilEnded(signal);
        }),
        { lock: { assertHeld: () => undefined, lost: () => lost.signal } },
      ),
    );
    expect(outcome.failures).toMatchObject([{ host: 'a', stage: 'start', error: reason }]);
  });

  test('of a lock ends the check from outside', async () => {
    const lost = new AbortController();
    const reason = new HostError(hostName('a'), 'another run has locked it');
    const outcome = rolledBack(
      await executeWith(plan({ a: one }), performing(), {
        lock: { assertHeld: () => undefined, lost: () => lost.signal },
        verify: (_, signal) => {
          lost.abort(reason);
          return untilEnded(signal);
        },
      }),
    );
    expect(outcome.failures).toMatchObject([{ host: undefined, stage: 'verify', error: reason }]);
  });

  test('on one host lets a step of another that is almost done end, and begins no further one', async () => {
    const outcome = rolledBack(
      await executeWith(
        plan({ a: one, b: one }),
        performing((name, host, signal) => {
          if (name !== 'web') return undefined;
          if (host === 'a') return Promise.reject(new HostError(hostName('a'), 'no web'));
          return untilEnded(signal).catch(() => 'done all the same');
        }),
        {},
      ),
    );
    expect(stepsOf(outcome)).toContain('b start web ok');
    expect(begun()).not.toContain('b:api');
  });

  test('on one host gives another a moment to end what changes something, and no more', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
    try {
      const starting = {
        start: [step({ kind: 'record-release', release: releaseId('web') }, action('stop web'))],
      };
      const running = executeWith(
        plan({ a: starting, b: starting }),
        performing((name, host, signal) => {
          if (name !== 'web') return undefined;
          return host === 'a' ? Promise.reject(new HostError(hostName('a'), 'no web')) : untilEnded(signal);
        }),
        {},
      );
      await new Promise(setImmediate);
      jest.advanceTimersByTime(4_999);
      await new Promise(setImmediate);
      expect(events).not.toContain('b:web.');
      jest.advanceTimersByTime(1);
      expect(rolledBack(await running).failures).toMatchObject([{ host: 'a' }]);
      expect(begun()).toContain('b:stop web');
    } finally {
      jest.useRealTimers();
    }
  });

  test('of its own is told of beside the first one, also when it comes later', async () => {
    const outcome = rolledBack(
      await executeWith(
        plan({ a: one, b: one }),
        performing((name, host, signal) => {
          if (name !== 'web') return undefined;
          if (host === 'a') return Promise.reject(new HostError(hostName('a'), 'no web'));
          return untilEnded(signal).catch(() =>
            Promise.reject(new HostError(hostName('b'), 'the connection is lost')),
          );
        }),
        {},
      ),
    );
    expect(outcome.failures.map(({ error }) => messageOf(error))).toEqual([
      'a: no web',
      'b: the connection is lost',
    ]);
  });

  test('on several hosts is told of each', async () => {
    const outcome = rolledBack(
      await executeWith(plan({ a: one, b: one, c: one }), failingAt('a:web', 'c:web'), {}),
    );
    expect(outcome.failures.map(({ host }) => host)).toEqual(['a', 'c']);
  });

  test('of what takes back is told, and the rest is taken back all the same', async () => {
    const outcome = rolledBack(
      await executeWith(
        plan({ a: one, b: one }),
        failingAt('a:check', 'a:stop web', 'a:no edge', 'b:stop api'),
        {},
      ),
    );
    expect(
      outcome.undoFailures.map(({ host, action: act, error }) => [host, nameOf(act), messageOf(error)]),
    ).toEqual([
      ['a', 'stop web', 'a: no stop web'],
      ['a', 'no edge', 'a: no no edge'],
      ['b', 'stop api', 'b: no stop api'],
    ]);
    expect(begun()).toEqual(expect.arrayContaining(['a:drop web', 'b:stop web', 'b:drop web', 'b:no edge']));
  });

  test('of the verification takes every host back and names none', async () => {
    const outcome = rolledBack(
      await executeWith(plan({ a: one, b: one }), performing(), {
        verify: () => Promise.reject(new Error('it answered 503')),
      }),
    );
    expect(outcome.failures).toMatchObject([{ host: undefined, stage: 'verify', action: undefined }]);
    expect(begun()).toEqual(
      expect.arrayContaining(['a:switch back', 'b:switch back', 'a:no edge', 'b:no edge']),
    );
  });

  test('before the switch asks nobody outside', async () => {
    const outcome = await executeWith(plan({ a: one }), failingAt('a:web'), { verify: noteVerified });
    expect(outcome.kind).toBe('rolled-back');
    expect(events).not.toContain('verified');
  });

  test('of acceptance on one host takes it back on the others', async () => {
    const accepting: HostPlan = {
      prepare: [doing('record', 'rolled back')],
      accept: [doing('accept')],
      retire: [doing('retire')],
    };
    await executeWith(plan({ a: accepting, b: accepting }), failingAt('b:accept'), {});
    expect(begun()).toEqual(expect.arrayContaining(['a:rolled back', 'b:rolled back']));
    expect(begun()).not.toContain('a:retire');
  });

  test('after acceptance is a warning: nothing is taken back, all else is done', async () => {
    const retiring: HostPlan = { start: [doing('start', 'stop')], retire: [doing('drain'), doing('prune')] };
    const outcome = await executeWith(plan({ a: retiring, b: retiring }), failingAt('a:drain'), {});
    expect(outcome).toMatchObject({ kind: 'succeeded', warnings: ['a: no drain'] });
    expect(begun()).not.toContain('a:stop');
    expect(begun()).toEqual(expect.arrayContaining(['a:prune', 'b:prune']));
  });

  test('reports evidence that is collected once for each host, before what failed is stopped', async () => {
    const starting = (name: ReleaseId): Step => ({
      ...doing(`start ${name}`),
      undo: [{ kind: 'stop-services', release: name, services: ['web'] }],
    });
    const host = {
      start: [starting(releaseId('new')), starting(releaseId('more'))],
      check: [doing('check', 'traffic back')],
    };
    const outcome = rolledBack(
      await executeWith(plan({ a: host }), failingAt('a:check'), {
        async collectEvidence({ engine }, sources) {
          events.push(`evidence of ${sources.map(({ release }) => release).join()}`);
          await until(() => events.includes('a:traffic back.'));
          expect(begun()).not.toContain('a:more');
          return [EVIDENCE(engine.host)];
        },
      }),
    );
    expect(outcome.evidence).toEqual([EVIDENCE(hostName('a'))]);
    expect(begun().slice(3)).toEqual(['evidence of more,new', 'a:traffic back', 'a:more', 'a:new']);
  });
});

describe('a fleet that moves in waves', () => {
  const moving: HostPlan = {
    pull: [doing('pull')],
    recover: [doing('recover')],
    prepare: [doing('prepare', 'unprepare')],
    switch: [doing('switch', 'switch back')],
    bake: [doing('bake')],
    complete: [doing('complete')],
    accept: [doing('accept')],
    retire: [doing('retire')],
  };
  const verifying = (): ExecutionChanges => ({
    verify: noteVerified,
  });

  test('recovers and pulls everywhere at once, moves wave after wave, each of them verified, and is accepted as one', async () => {
    await executeWith(
      plan({ a: moving, b: moving, c: moving }, [['a'], ['b', 'c']]),
      performing(),
      verifying(),
    );
    expect(begun()).toEqual([
      ...['a:recover', 'b:recover', 'c:recover', 'a:pull', 'b:pull', 'c:pull'],
      ...['a:prepare', 'a:switch', 'verified', 'a:bake'],
      ...['b:prepare', 'c:prepare', 'b:switch', 'c:switch', 'verified', 'b:bake', 'c:bake'],
      ...['a:complete', 'b:complete', 'c:complete', 'a:accept', 'b:accept', 'c:accept'],
      ...['a:retire', 'b:retire', 'c:retire'],
    ]);
  });

  test('does not ask for a wave in which nothing is to be done', async () => {
    await executeWith(plan({ a: {}, b: moving }, [['a'], ['b']]), performing(), verifying());
    expect(events.filter((event) => event === 'verified')).toHaveLength(1);
  });

  test('leaves hosts alone whose turn has not come when the pilot fails', async () => {
    const outcome = rolledBack(
      await executeWith(
        plan({ a: moving, b: moving, c: moving }, [['a'], ['b', 'c']]),
        failingAt('a:bake'),
        {},
      ),
    );
    expect(begun().slice(6)).toEqual(['a:prepare', 'a:switch', 'a:bake', 'a:switch back', 'a:unprepare']);
    expect(outcome.undoFailures).toEqual([]);
  });

  test('is taken back whole, side by side, when a later wave fails', async () => {
    const gate = Promise.withResolvers<undefined>();
    const running = executeWith(
      plan({ a: moving, b: moving, c: moving }, [['a'], ['b'], ['c']]),
      performing((name, host) => {
        if (host === 'b' && name === 'switch')
          return Promise.reject(new HostError(hostName('b'), 'no switch'));
        return host === 'a' && name === 'switch back' ? gate.promise : undefined;
      }),
      {},
    );
    await new Promise(setImmediate);
    // While one host is still busy with it the other one is through.
    expect(events.filter((event) => event.includes('back') || event.includes('unprepare'))).toEqual([
      ...['a:switch back', 'b:switch back', 'b:switch back.', 'b:unprepare', 'b:unprepare.'],
    ]);
    gate.resolve(undefined);
    rolledBack(await running);
    expect(begun()).toContain('a:unprepare');
    expect(begun().filter((event) => event.startsWith('c:'))).toEqual(['c:recover', 'c:pull']);
  });

  test('tells which hosts enter a stage together, and which take back', async () => {
    const told: string[] = [];
    await executeWith(
      plan({ a: moving, b: moving, c: { bake: [doing('bake')] } }, [['a'], ['b', 'c']]),
      failingAt('c:bake'),
      { onStageStart: (stage, on) => told.push(`${stage}: ${on.join()}`) },
    );
    expect(told).toEqual([
      ...['recover: a,b', 'pull: a,b', 'prepare: a', 'switch: a', 'bake: a'],
      ...['prepare: b', 'switch: b', 'bake: b,c', 'roll-back: a,b'],
    ]);
  });
});

describe('whatever fails wherever', () => {
  const HOSTS = ['a', 'b', 'c', 'd'];
  const UNTIL_ACCEPTED = STAGES.filter((stage) => !COMMITTED_STAGES.has(stage));
  const stages = fc.dictionary(fc.constantFrom(...UNTIL_ACCEPTED), fc.integer({ min: 1, max: 3 }));
  const plans = fc
    .record({
      steps: fc.array(stages, { minLength: 1, maxLength: 4 }),
      cuts: fc.array(fc.integer({ min: 1, max: 3 })),
      failure: fc.nat(),
    })
    .map(({ steps, cuts, failure }) => {
      const hosts = Object.fromEntries(
        steps.map((counts, at) => [
          HOSTS[at] ?? '',
          Object.fromEntries(
            Object.entries(counts).map(([stage, count]) => [
              stage,
              Array.from({ length: count }, (_, number) => doing(`${stage}${number}`, `un${stage}${number}`)),
            ]),
          ),
        ]),
      );
      const names = Object.keys(hosts);
      const waves = cuts.flatMap((size) => (names.length === 0 ? [] : [names.splice(0, size)]));
      const all = Object.entries(hosts).flatMap(([host, of]) =>
        Object.values(of).flatMap((some) => some.map((each) => `${host}:${nameOf(each.action)}`)),
      );
      return {
        plan: plan(hosts, names.length === 0 ? waves : [...waves, names]),
        failing: all[failure % (all.length || 1)],
      };
    });

  test('everything that was begun is taken back in reverse, and nothing else is', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async ({ plan: given, failing }) => {
        events = [];
        const outcome = await executeWith(
          given,
          failing === undefined ? performing() : failingAt(failing),
          {},
        );
        expect(outcome.kind).toBe(failing === undefined ? 'succeeded' : 'rolled-back');
        for (const host of given.hosts.keys()) {
          const mine = begun().filter((event) => event.startsWith(host));
          const done = mine.filter((event) => !event.startsWith(`${host}:un`));
          const taken = failing === undefined ? [] : done.map((event) => event.replace(':', ':un')).reverse();
          expect(mine).toEqual([...done, ...taken]);
        }
        // No two waves move at once, and the later one only after all of the earlier one.
        const turn = (host: HostName): number => given.waves.findIndex((wave) => wave.includes(host));
        const order = begun()
          .filter((event) => !/:(un|pull|recover|complete|final-check|accept)/.test(event))
          .map((event) => turn(hostName(event.charAt(0))));
        expect(order).toEqual(order.toSorted((one, other) => one - other));
      }),
    );
  });
});

describe('a job that is cancelled', () => {
  test('ends the step at hand through its signal and takes everything back', async () => {
    const job = new AbortController();
    const signals: boolean[] = [];
    const outcome = rolledBack(
      await executeWith(
        plan({ a: { start: [doing('start', 'stop')], check: [doing('check', 'uncheck'), doing('never')] } }),
        performing((name, _, signal) => {
          signals.push(signal.aborted);
          if (name !== 'check') return undefined;
          const waiting = untilEnded(signal);
          job.abort(new Error('The job was cancelled.'));
          return waiting;
        }),
        { signal: job.signal },
      ),
    );
    expect(begun()).toEqual(['a:start', 'a:check', 'a:uncheck', 'a:stop']);
    expect(messageOf(outcome.failures[0]?.error)).toBe('The job was cancelled.');
    // What takes back is not cancelled with the job.
    expect(signals).toEqual([false, false, false, false]);
  });

  test('begins no further step', async () => {
    const job = new AbortController();
    const outcome = rolledBack(
      await executeWith(
        plan({ a: { pull: [doing('pull', 'unpull')], start: [doing('start', 'stop')] } }),
        performing(() => {
          job.abort(new Error('cancelled'));
          return undefined;
        }),
        { signal: job.signal },
      ),
    );
    expect(begun()).toEqual(['a:pull', 'a:unpull']);
    expect(messageOf(outcome.failures[0]?.error)).toBe('The job was cancelled.');
  });

  test('is named once, however many hosts it was cancelled on', async () => {
    const job = new AbortController();
    const waiting: HostPlan = { check: [doing('check', 'uncheck')] };
    const running = executeWith(
      plan({ a: waiting, b: waiting }),
      performing((name, _, signal) => (name === 'check' ? untilEnded(signal) : undefined)),
      { signal: job.signal },
    );
    await new Promise(setImmediate);
    job.abort(new Error('The job was cancelled.'));
    expect(rolledBack(await running).failures).toMatchObject([{ host: undefined }]);
    expect(begun()).toEqual(['a:check', 'b:check', 'a:uncheck', 'b:uncheck']);
  });

  test('while the last host is accepted comes too late to take anything back', async () => {
    const job = new AbortController();
    const outcome = await executeWith(
      plan({ a: { start: [doing('start', 'stop')], accept: [doing('accept')] } }),
      performing((name) => {
        if (name === 'accept') job.abort(new Error('The job was cancelled.'));
        return undefined;
      }),
      { signal: job.signal },
    );
    expect(outcome.kind).toBe('succeeded');
    expect(begun()).toEqual(['a:start', 'a:accept']);
  });

  test('after the release was accepted leaves it live and says what is left to do', async () => {
    const job = new AbortController();
    const outcome = await executeWith(
      plan({ a: { accept: [doing('accept')], retire: [doing('drain'), doing('stop')] } }),
      performing((name, _, signal) => {
        if (name !== 'drain') return undefined;
        const waiting = untilEnded(signal);
        job.abort(new Error('The job was cancelled.'));
        return waiting;
      }),
      { signal: job.signal },
    );
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      warnings: [expect.stringContaining('the release stays live')],
    });
    expect(begun()).toEqual(['a:accept', 'a:drain']);
  });

  test('after the release was accepted names the commands that nobody will run any more', async () => {
    const hook = (name: string): Step =>
      step({
        kind: 'run-hook',
        when: 'after',
        service: 'web',
        argv: ['bin/tell', name],
        release: releaseId('new'),
        slot: 'blue',
      });
    const job = new AbortController();
    const outcome = await executeWith(
      plan({ a: { accept: [doing('accept')], 'after-release': [hook('one'), hook('two'), hook('three')] } }),
      async (_, act, signal) => {
        if (act.kind !== 'run-hook' || act.argv[1] !== 'two') return undefined;
        const waiting = untilEnded(signal);
        job.abort(new Error('The job was cancelled.'));
        return waiting;
      },
      { signal: job.signal },
    );
    const [warning = ''] = outcome.kind === 'succeeded' ? outcome.warnings : [];
    expect(warning).not.toContain('bin/tell one');
    expect(warning).toContain(
      'was interrupted, and no later deploy of this release runs it: bin/tell two (in web on a)',
    );
    expect(warning).toContain(
      'was not run, and no later deploy of this release runs it: bin/tell three (in web on a)',
    );
  });
});

describe('a rollback that can not move the traffic back', () => {
  const stop = (release: ReleaseId): Action => ({ kind: 'stop-services', release, services: ['web'] });
  const lead = (release: ReleaseId): Action => ({ kind: 'switch-traffic', release, slot: 'blue' });
  const steps = [
    step(action('start'), stop(releaseId('new'))),
    step(lead(releaseId('new')), lead(releaseId('old'))),
    doing('fails'),
  ];

  test('leaves the release running that has it, so that something answers', async () => {
    const stopped: string[] = [];
    const outcome = await executeWith(plan({ a: { switch: steps } }), async (host, act) => {
      if (act.kind === 'stop-services') stopped.push(act.release);
      const fails = nameOf(act) === 'fails' || (act.kind === 'switch-traffic' && act.release === 'old');
      return fails ? Promise.reject(new HostError(host, 'it is gone')) : undefined;
    });
    expect(stopped).toEqual([]);
    expect(outcome.kind === 'rolled-back' && outcome.undoFailures).toHaveLength(1);
  });

  test('and stops it where the traffic is back', async () => {
    const stopped: string[] = [];
    await executeWith(plan({ a: { switch: steps } }), async (host, act) => {
      if (act.kind === 'stop-services') stopped.push(act.release);
      return nameOf(act) === 'fails' ? Promise.reject(new HostError(host, 'it is gone')) : undefined;
    });
    expect(stopped).toEqual(['new']);
  });
});

test('what visitors reach is asked on every host after a rollback', async () => {
  const before = { release: releaseId('old'), problems: [] };
  const after = { release: releaseId('old'), problems: ['its edge does not run'] };
  const outcome = await executeWith(
    plan({ a: { pull: [doing('one')] }, b: { pull: [doing('fails')] } }),
    failingAt('b:fails'),
    { runState: { reachedBefore: before }, reachabilityAfterRollback: () => Promise.resolve(after) },
  );
  expect(outcome.kind === 'rolled-back' && outcome.reachability).toEqual(
    new Map(['a', 'b'].map((host) => [host, { before, after }])),
  );
});

test('a host of the plan that is not connected ends the run before anything is changed', async () => {
  const options = {
    verify: undefined,
    progress: {
      onStageStart: () => undefined,
      onStepStart: () => undefined,
      onStepEnd: () => undefined,
      onWait: () => undefined,
    },
    signal: new AbortController().signal,
  };
  await expect(executePlan(plan({ a: { start: [doing('start')] } }), new Map(), options)).rejects.toThrow(
    'a is not connected. Nothing was changed.',
  );
});
