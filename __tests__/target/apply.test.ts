import { beforeEach, describe, expect, test } from '@jest/globals';
import { HostError, messageOf } from '../../src/model/errors.ts';
import { type Action, type HostPlan, type Plan, STAGES, type Step, step } from '../../src/plan/steps.ts';
import { apply, type Hooks, type Perform } from '../../src/target/apply.ts';
import type { Evidence, Outcome, StepResult } from '../../src/target/outcome.ts';

/** A step that is told apart by its name, and its undos. */
const doing = (name: string, ...undos: readonly string[]): Step => step(action(name), ...undos.map(action));
const action = (release: string): Action => ({ kind: 'record', release });
const nameOf = (of: Action | undefined): string =>
  of !== undefined && 'release' in of ? String(of.release) : '–';

const plan = (hosts: Readonly<Record<string, HostPlan>>): Plan => ({
  release: 'new',
  hosts: new Map(Object.entries(hosts)),
  waves: [Object.keys(hosts)],
});

/** What happened, in order: `a:start` as something began, `a:start.` as it ended. */
let events: string[];
beforeEach(() => {
  events = [];
});

/** Performs by noting; `what` may fail or wait. */
function performing(
  what: (name: string, host: string, signal: AbortSignal) => Promise<string | undefined> | undefined = () =>
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

/** Fails where it is told to. */
const failingAt = (...names: readonly string[]): Perform =>
  performing((name, host) =>
    names.includes(`${host}:${name}`) ? Promise.reject(new HostError(host, `no ${name}`)) : undefined,
  );

const hooks = (changes: Partial<Hooks> = {}): Hooks => ({
  verify: undefined,
  began: () => undefined,
  ended: () => undefined,
  evidence: () => [],
  signal: new AbortController().signal,
  ...changes,
});

const begun = (): readonly string[] => events.filter((event) => !event.endsWith('.'));
const stepsOf = (outcome: Outcome): readonly string[] =>
  outcome.steps.map(
    ({ host, stage, action: act, ok, undo }) =>
      `${host} ${stage} ${nameOf(act)} ${ok ? 'ok' : 'failed'}${undo ? ' (undo)' : ''}`,
  );

function turnedBack(outcome: Outcome): Outcome & { readonly kind: 'turned-back' } {
  if (outcome.kind !== 'turned-back') throw new Error(`It was not turned back: ${JSON.stringify(outcome)}`);
  return outcome;
}

describe('a plan that goes well', () => {
  test('is carried out stage by stage, whatever the order in which it was written', async () => {
    const written = Object.fromEntries(
      STAGES.toReversed().map((stage) => [stage, [doing(`${stage}1`), doing(`${stage}2`)]]),
    );
    const outcome = await apply(plan({ a: written }), performing(), hooks());
    expect(begun()).toEqual(STAGES.flatMap((stage) => [`a:${stage}1`, `a:${stage}2`]));
    expect(outcome.kind).toBe('done');
  });

  test('goes side by side on the hosts within a stage, and nobody begins the next one before all are through', async () => {
    const gate = Promise.withResolvers<undefined>();
    const both = { start: [doing('start')], check: [doing('check')] };
    const running = apply(
      plan({ a: both, b: both, c: { check: [doing('check')] } }),
      performing((name, host) => (host === 'a' && name === 'start' ? gate.promise : undefined)),
      hooks(),
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
    const outcome = await apply(
      plan({ a: { pull: [doing('one'), doing('two')] } }),
      performing((name) => Promise.resolve(`found ${name}`)),
      hooks({
        began: (_, stage, act) => told.push([`${stage} ${nameOf(act)}`, undefined]),
        ended: (result) => told.push(['ended', result]),
      }),
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

  test('is verified after every host has switched, before anything is accepted', async () => {
    const one = { switch: [doing('switch')], complete: [doing('complete')] };
    await apply(
      plan({ a: one, b: one }),
      performing(),
      hooks({ verify: () => Promise.resolve(`${events.push('verified')}`) }),
    );
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
    const outcome = turnedBack(await apply(plan({ a: one }), failingAt('a:check'), hooks()));
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
    expect(outcome.left).toEqual([]);
    expect(stepsOf(outcome).slice(3, 5)).toEqual(['a check check failed', 'a check uncheck ok (undo)']);
  });

  test('on one host takes all of them back, after each has ended its stage', async () => {
    const outcome = turnedBack(await apply(plan({ a: one, b: one }), failingAt('a:web'), hooks()));
    const of = (host: string): readonly string[] => begun().filter((event) => event.startsWith(host));
    expect(of('a')).toEqual(['a:edge', 'a:web', 'a:stop web', 'a:drop web', 'a:no edge']);
    expect(of('b')).toEqual([
      'b:edge',
      'b:web',
      'b:api',
      'b:stop api',
      'b:stop web',
      'b:drop web',
      'b:no edge',
    ]);
    expect(events.indexOf('a:stop web')).toBeGreaterThan(events.indexOf('b:api.'));
    expect(outcome.failures).toHaveLength(1);
  });

  test('on several hosts is told of each', async () => {
    const outcome = turnedBack(
      await apply(plan({ a: one, b: one, c: one }), failingAt('a:web', 'c:web'), hooks()),
    );
    expect(outcome.failures.map(({ host }) => host)).toEqual(['a', 'c']);
  });

  test('of what takes back is told, and the rest is taken back all the same', async () => {
    const outcome = turnedBack(
      await apply(
        plan({ a: one, b: one }),
        failingAt('a:check', 'a:stop web', 'a:no edge', 'b:stop api'),
        hooks(),
      ),
    );
    expect(outcome.left.map(({ host, action: act, error }) => [host, nameOf(act), messageOf(error)])).toEqual(
      [
        ['a', 'stop web', 'a: no stop web'],
        ['a', 'no edge', 'a: no no edge'],
        ['b', 'stop api', 'b: no stop api'],
      ],
    );
    expect(begun()).toEqual(expect.arrayContaining(['a:drop web', 'b:stop web', 'b:drop web', 'b:no edge']));
  });

  test('of the verification takes every host back and names none', async () => {
    const outcome = turnedBack(
      await apply(
        plan({ a: one, b: one }),
        performing(),
        hooks({ verify: () => Promise.reject(new Error('it answered 503')) }),
      ),
    );
    expect(outcome.failures).toMatchObject([{ host: undefined, stage: 'verify', action: undefined }]);
    expect(begun()).toEqual(
      expect.arrayContaining(['a:switch back', 'b:switch back', 'a:no edge', 'b:no edge']),
    );
  });

  test('before the switch asks nobody outside', async () => {
    const outcome = await apply(
      plan({ a: one }),
      failingAt('a:web'),
      hooks({ verify: () => Promise.resolve(`${events.push('verified')}`) }),
    );
    expect(outcome.kind).toBe('turned-back');
    expect(events).not.toContain('verified');
  });

  test('of acceptance on one host takes it back on the others', async () => {
    const accepting: HostPlan = {
      prepare: [doing('record', 'turned back')],
      accept: [doing('accept')],
      retire: [doing('retire')],
    };
    await apply(plan({ a: accepting, b: accepting }), failingAt('b:accept'), hooks());
    expect(begun()).toEqual(expect.arrayContaining(['a:turned back', 'b:turned back']));
    expect(begun()).not.toContain('a:retire');
  });

  test('after acceptance is a warning: nothing is taken back, the other hosts go on', async () => {
    const retiring: HostPlan = { start: [doing('start', 'stop')], retire: [doing('drain'), doing('prune')] };
    const outcome = await apply(plan({ a: retiring, b: retiring }), failingAt('a:drain'), hooks());
    expect(outcome).toMatchObject({ kind: 'done', warnings: ['a: no drain'] });
    expect(begun()).not.toContain('a:stop');
    expect(begun()).toContain('b:prune');
  });

  test('comes with the evidence that was gathered meanwhile', async () => {
    const evidence: Evidence[] = [];
    const outcome = turnedBack(
      await apply(
        plan({ a: one }),
        performing((name, host) => {
          if (name === 'check') return Promise.reject(new Error('unhealthy'));
          if (name === 'stop web') {
            evidence.push({
              host,
              container: 'web-1',
              service: 'web',
              state: 'exited',
              exitCode: 1,
              oomKilled: false,
              health: undefined,
              lastLines: [],
            });
          }
          return undefined;
        }),
        hooks({ evidence: () => evidence }),
      ),
    );
    expect(outcome.evidence).toHaveLength(1);
  });
});

describe('a job that is cancelled', () => {
  test('ends the step at hand through its signal and takes everything back', async () => {
    const job = new AbortController();
    const signals: boolean[] = [];
    const outcome = turnedBack(
      await apply(
        plan({ a: { start: [doing('start', 'stop')], check: [doing('check', 'uncheck'), doing('never')] } }),
        performing((name, _, signal) => {
          signals.push(signal.aborted);
          if (name !== 'check') return undefined;
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
            job.abort(new Error('The job was cancelled.'));
          });
        }),
        hooks({ signal: job.signal }),
      ),
    );
    expect(begun()).toEqual(['a:start', 'a:check', 'a:uncheck', 'a:stop']);
    expect(messageOf(outcome.failures[0]?.error)).toBe('The job was cancelled.');
    // What takes back is not cancelled with the job.
    expect(signals).toEqual([false, false, false, false]);
  });

  test('begins no further step', async () => {
    const job = new AbortController();
    const outcome = turnedBack(
      await apply(
        plan({ a: { pull: [doing('pull', 'unpull')], start: [doing('start', 'stop')] } }),
        performing(() => {
          job.abort(new Error('cancelled'));
          return undefined;
        }),
        hooks({ signal: job.signal }),
      ),
    );
    expect(begun()).toEqual(['a:pull', 'a:unpull']);
    expect(messageOf(outcome.failures[0]?.error)).toBe('The job was cancelled.');
  });
});
