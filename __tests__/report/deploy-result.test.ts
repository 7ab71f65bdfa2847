import { describe, expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { Outcome, RolloutFailure, StepResult } from '../../src/plan/outcome.ts';
import type { Action } from '../../src/plan/steps.ts';
import { deployResultOf, unchangedResult } from '../../src/report/deploy-result.ts';
import { commonRelease } from '../../src/report/hosts.ts';
import { emptyWorld, makeRelease, observe } from '../plan/world.ts';

const release = makeRelease('new', { web: 'served' });

const empty = (name: string): ObservedHost => observe(emptyWorld(), name);
const host = (name: string, live = 'old'): ObservedHost => ({
  ...empty(name),
  traffic: { slot: 'blue', release: live },
});
const did = (name: string, action: Action, more: Partial<StepResult> = {}): StepResult => ({
  host: name,
  stage: 'switch',
  action,
  at: 0,
  took: 1,
  ok: true,
  undo: false,
  note: undefined,
  ...more,
});
const switched = (name: string, to = 'new', more: Partial<StepResult> = {}): StepResult =>
  did(name, { kind: 'switch-traffic', release: to, slot: 'green' }, more);
const back = (name: string, to = 'old'): StepResult => switched(name, to, { undo: true });
const pulled = (name: string): StepResult =>
  did(name, { kind: 'pull-images', release: 'new' }, { stage: 'pull' });
const started = (name: string): StepResult =>
  did(
    name,
    { kind: 'start-services', release: 'new', slot: 'green', services: ['web'], how: 'create' },
    { stage: 'start' },
  );
const stopped = (name: string): StepResult =>
  did(
    name,
    { kind: 'stop-services', release: 'old', services: ['web'], evidence: false },
    { stage: 'start' },
  );
const recorded = (name: string): StepResult =>
  did(name, { kind: 'record-release', release: 'new' }, { stage: 'prepare' });

const failure = (name: string | undefined, message: string, action?: Action): RolloutFailure => ({
  host: name,
  stage: 'check',
  action,
  error: name === undefined ? new Error(message) : new HostError(name, message),
});
const rolledBack = (
  failures: readonly RolloutFailure[],
  steps: readonly StepResult[],
  left: readonly RolloutFailure[] = [],
): Outcome => ({ kind: 'rolled-back', steps, failures, evidence: [], undoFailures: left });

const end = (hosts: readonly ObservedHost[], outcome: Outcome) => deployResultOf(hosts, release, outcome);

describe('a run that went well', () => {
  const outcome: Outcome = { kind: 'succeeded', steps: [switched('ssh://a')], warnings: [] };
  const hosts = [host('ssh://a'), host('ssh://b', 'new')];

  test('tells hosts that moved from those that had it already', () => {
    expect(end(hosts, outcome)).toMatchObject({
      result: 'deployed',
      state: 'new is live.',
      live: 'new',
      hosts: [
        { host: 'ssh://a', was: 'old', is: 'new', why: 'healthy' },
        { host: 'ssh://b', was: 'new', is: 'new', why: 'already live' },
      ],
    });
  });

  test('with nothing to do changed nothing', () => {
    expect(unchangedResult([host('ssh://a', 'new')], release)).toMatchObject({
      result: 'unchanged',
      live: 'new',
    });
  });
});

describe('a run that failed, on a fleet that an interrupted one had split', () => {
  const split = [host('ssh://a', 'half'), host('ssh://b')];
  const mended = switched('ssh://a', 'old', { stage: 'recover' });

  test('tells what it has mended: not everything is as before', () => {
    expect(end(split, rolledBack([failure('ssh://b', 'web exited')], [mended]))).toMatchObject({
      live: 'old',
      hosts: [
        { was: 'half', is: 'old' },
        { was: 'old', is: 'old' },
      ],
      state:
        'Traffic is on old; nothing of new was started. An interrupted run had left ssh://a otherwise ' +
        '(ssh://a: half): that was mended first.',
    });
  });

  test('does not claim to know what serves where the mending failed half-way', () => {
    const { action } = mended;
    const failed = { ...failure('ssh://a', 'gone', action), stage: 'recover' as const };
    expect(end(split, rolledBack([failed], [{ ...mended, ok: false }]))).toMatchObject({
      live: undefined,
      hosts: [{ unknown: true, stuck: true, why: 'COULD NOT BE MENDED: gone' }, { is: 'old' }],
      state:
        'NOT EVERYTHING COULD BE MENDED on ssh://a. The others serve what they served before (ssh://b: old). Look at ssh://a now.',
    });
  });

  test('tells what has the traffic still where only what it was shared with was taken off the net', () => {
    const shared: ObservedHost = {
      ...empty('ssh://a'),
      traffic: { slot: 'blue', release: 'old', splitWith: 'half' },
    };
    const clear = (slot: 'blue' | 'green'): StepResult =>
      did('ssh://a', { kind: 'clear-slot', slot }, { stage: 'recover' });
    const failed = rolledBack([failure('ssh://b', 'x')], [clear('green')]);
    expect(end([shared], failed).hosts).toMatchObject([{ was: 'old', is: 'old' }]);
    const closed = rolledBack([failure('ssh://b', 'x')], [clear('green'), clear('blue')]);
    expect(end([shared], closed).hosts).toMatchObject([{ was: 'old', is: undefined }]);
  });

  test('tells what was given all requests, to make room, before it was to be whole', () => {
    const shared: ObservedHost = {
      ...empty('ssh://a'),
      traffic: { slot: 'blue', release: 'old', splitWith: 'half' },
    };
    const mixed = did(
      'ssh://a',
      {
        kind: 'balance-replicas',
        release: 'half',
        slot: 'green',
        removedReplicas: {},
        share: 0,
        newRelease: undefined,
      },
      { stage: 'recover' },
    );
    expect(end([shared], rolledBack([failure('ssh://a', 'x')], [mixed])).hosts).toMatchObject([
      { was: 'old', is: 'half' },
    ]);
  });

  test('where no edge leads anywhere goes by what is accepted', () => {
    const worker = {
      ...empty('ssh://a'),
      accepted: 'half',
      releases: [{ id: 'half', containers: [], slot: undefined, record: undefined }],
    };
    const back = did(
      'ssh://a',
      { kind: 'record-rollback', release: 'half', previous: 'old' },
      { stage: 'recover' },
    );
    expect(end([worker], rolledBack([failure('ssh://a', 'x')], [back])).hosts).toMatchObject([{ is: 'old' }]);
  });

  test('and only removed tries that had failed before, changed nothing', () => {
    const pruned = did('ssh://a', { kind: 'prune-releases', releases: ['t'] }, { stage: 'recover' });
    expect(end([host('ssh://a')], rolledBack([failure('ssh://a', 'x')], [pruned])).result).toBe('failed');
  });
});

describe('a run that failed', () => {
  const three = ['ssh://a', 'ssh://b', 'ssh://c'].map((name) => host(name));

  test('before anything was changed deployed nothing: images may have come', () => {
    expect(end(three, rolledBack([failure('ssh://b', 'disk full')], [pulled('ssh://a')]))).toMatchObject({
      result: 'failed',
      state: 'Nothing was deployed.',
      live: 'old',
      hosts: [{ why: 'not touched' }, { why: 'disk full' }, { why: 'not touched' }],
    });
  });

  test('tells its own reason, the company of the others, and who was not touched', () => {
    const steps = [
      ...[
        pulled('ssh://c'),
        started('ssh://a'),
        started('ssh://b'),
        switched('ssh://a'),
        switched('ssh://b'),
      ],
      ...[back('ssh://a'), back('ssh://b')],
    ];
    expect(end(three, rolledBack([failure('ssh://b', 'web exited')], steps))).toMatchObject({
      result: 'rolled-back',
      live: 'old',
      state: 'Traffic is on old again; new is stopped.',
      hosts: [
        { is: 'old', why: 'moved back with ssh://b' },
        { is: 'old', why: 'web exited' },
        { is: 'old', why: 'not touched' },
      ],
    });
  });

  test('before the switch says that the traffic stayed', () => {
    expect(
      end(three, rolledBack([failure('ssh://b', 'x')], [recorded('ssh://a'), started('ssh://b')])),
    ).toMatchObject({
      state: 'Traffic stayed on old; new is stopped.',
      hosts: [{ why: 'taken back with ssh://b' }, {}, { why: 'not touched' }],
    });
  });

  test('before anything of the release was started says so', () => {
    const steps = three.map(({ host: name }) => recorded(name));
    expect(end(three, rolledBack([failure('ssh://a', 'before-release: x failed')], steps)).state).toBe(
      'Traffic stayed on old; nothing of new was started.',
    );
  });

  test('where what serves had to make room does not say that the traffic stayed', () => {
    const steps = [stopped('ssh://a'), started('ssh://a')];
    expect(end([host('ssh://a')], rolledBack([failure('ssh://a', 'x')], steps)).state).toBe(
      'web of old was stopped for it and serves again; new is stopped.',
    );
  });

  test.each<[string, RolloutFailure, string]>([
    ['url', failure(undefined, '503'), 'moved back, because url did not answer as expected'],
    [
      'the cancelled job',
      { ...failure(undefined, 'The job was cancelled.'), cancelled: true },
      'moved back, because the job was cancelled',
    ],
  ])('for %s blames no host', (_, because, why) => {
    const steps = [switched('ssh://a'), back('ssh://a')];
    expect(end([host('ssh://a')], rolledBack([because], steps)).hosts).toMatchObject([{ is: 'old', why }]);
  });

  test('keeps what was mended of an interrupted run', () => {
    const mended = switched('ssh://a', 'good', { stage: 'recover' });
    expect(
      end([host('ssh://a', 'stranded')], rolledBack([failure('ssh://a', 'web exited')], [mended])),
    ).toMatchObject({ live: 'good', hosts: [{ was: 'stranded', is: 'good' }] });
  });

  test('does not say that the traffic stayed where it was mended first', () => {
    const mended = switched('ssh://a', 'good', { stage: 'recover' });
    const outcome = rolledBack([failure('ssh://a', 'web exited')], [mended, started('ssh://a')]);
    expect(end([host('ssh://a', 'stranded')], outcome).state).toMatch(
      /^Traffic is on good; new is stopped\./,
    );
  });

  test('as a first deploy leaves nothing live', () => {
    const steps = [
      switched('ssh://a'),
      did('ssh://a', { kind: 'clear-slot', slot: 'green' }, { undo: true }),
    ];
    expect(end([empty('ssh://a')], rolledBack([failure('ssh://a', 'x')], steps))).toMatchObject({
      live: undefined,
      state: 'Nothing is live, as before; accessories, networks and volumes that were made stay.',
      hosts: [{ was: undefined, is: undefined }],
    });
  });

  test('on hosts with different releases says what each serves', () => {
    const hosts = [host('ssh://a'), host('ssh://b', 'older'), empty('ssh://c')];
    const steps = hosts.map(({ host: name }) => started(name));
    expect(end(hosts, rolledBack([failure('ssh://a', 'x')], steps))).toMatchObject({
      live: undefined,
      state:
        'Every host serves what it served before (ssh://a: old, ssh://b: older, ssh://c: nothing); new is stopped.',
    });
  });
});

describe('a host that can not be taken back', () => {
  const lost = failure('ssh://b', 'the connection was lost', {
    kind: 'switch-traffic',
    release: 'old',
    slot: 'blue',
  });
  const steps = [switched('ssh://a'), switched('ssh://b'), back('ssh://a')];

  test('is named, it is not said what it serves, and what the others serve is', () => {
    const left = [
      lost,
      failure('ssh://b', 'it is still lost', {
        kind: 'start-services',
        release: 'old',
        slot: 'blue',
        services: [],
        how: 'start',
      }),
    ];
    expect(
      end([host('ssh://a'), host('ssh://b')], rolledBack([failure('ssh://b', 'x')], steps, left)),
    ).toMatchObject({
      result: 'rolled-back',
      live: undefined,
      state:
        'NOT EVERYTHING COULD BE TAKEN BACK on ssh://b. ssh://b: the connection was lost. The others serve what they served before (ssh://a: old). Look at ssh://b now.',
      hosts: [
        { is: 'old' },
        {
          is: undefined,
          unknown: true,
          stuck: true,
          why: 'COULD NOT BE MOVED BACK: the connection was lost',
        },
      ],
    });
  });

  test('says that the former release did not come up again, also for the reason for which the new one did not', () => {
    const why = 'web did not become healthy: it exited with code 1';
    const check: Action = { kind: 'check-health', release: 'old', services: ['web'] };
    const left = { ...failure('ssh://b', why, check), action: check };
    const outcome = rolledBack([failure('ssh://b', why)], steps, [left]);
    expect(end([host('ssh://a'), host('ssh://b')], outcome).state).toContain(
      `TAKEN BACK on ssh://b. ssh://b: old did not come up again: ${why}. The others`,
    );
  });

  test('says once that it is lost, also when that is why it failed', () => {
    const outcome = rolledBack([failure('ssh://b', 'the connection was lost')], steps, [lost]);
    expect(end([host('ssh://a'), host('ssh://b')], outcome).state).not.toContain('the connection was lost');
  });

  test('is not known where nothing leads to what runs, also where an interrupted run had led requests there', () => {
    const workers = makeRelease('new', { jobs: 'worker' });
    const action: Action = { kind: 'stop-services', release: 'new', services: ['jobs'], evidence: true };
    const closed = did('ssh://a', { kind: 'clear-slot', slot: 'blue' }, { stage: 'recover' });
    const left = [failure('ssh://a', 'the engine hangs', action)];
    const ended = (hosts: readonly ObservedHost[], steps: readonly StepResult[]) =>
      deployResultOf(hosts, workers, rolledBack([failure('ssh://a', 'x')], steps, left)).hosts;
    const unknown = [{ unknown: true, stuck: true, why: 'COULD NOT BE MOVED BACK: the engine hangs' }];
    expect(ended([empty('ssh://a')], [])).toMatchObject(unknown);
    expect(ended([host('ssh://a')], [closed])).toMatchObject(unknown);
    expect(ended([host('ssh://a')], [])).toMatchObject([{ is: 'old', stuck: true }]);
  });

  test('is no secret where only cleaning failed: its requests are answered as before', () => {
    const left = failure('ssh://a', 'the engine hangs', {
      kind: 'stop-services',
      release: 'new',
      services: ['web'],
      evidence: true,
    });
    const ending = end(
      [host('ssh://a')],
      rolledBack([failure('ssh://a', 'x')], [switched('ssh://a'), back('ssh://a')], [left]),
    );
    expect(ending).toMatchObject({
      live: 'old',
      hosts: [{ is: 'old', stuck: true, why: 'NOT EVERYTHING COULD BE TAKEN BACK: the engine hangs' }],
    });
    expect(ending.state).toContain('Requests are answered as before on ssh://a: old.');
  });
});

test('a fleet with a host of which nothing is known has no one live release', () => {
  const known = { host: 'a', was: 'old', is: undefined, why: '', kept: [] };
  expect(commonRelease([known, { ...known, unknown: true }])).toBeUndefined();
  expect(
    commonRelease([
      { ...known, is: 'old' },
      { ...known, is: 'old' },
    ]),
  ).toBe('old');
});
