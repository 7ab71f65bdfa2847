import { describe, expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { Outcome, RolloutFailure, StepResult } from '../../src/plan/outcome.ts';
import { deployResultOf, unchangedResult } from '../../src/report/deploy-result.ts';
import { commonRelease } from '../../src/report/host-status.ts';
import type { HostReport, Report } from '../../src/report/report.ts';
import { emptyWorld, makeRelease, observe } from '../plan/world.ts';
import { expectGolden, sections } from './golden.ts';

const NEW = makeRelease('new', { web: 'served' });
const WORKERS = makeRelease('new', { jobs: 'worker' });

const empty = (host: string): ObservedHost => observe(emptyWorld(), host);
/** A host whose edge sends all requests to a release. */
const serving = (host: string, release = 'old'): ObservedHost => ({
  ...empty(host),
  traffic: { slot: 'blue', release },
});
const split: ObservedHost = { ...empty('a'), traffic: { slot: 'blue', release: 'old', splitWith: 'half' } };
const unhealthy: ObservedHost = {
  ...serving('a'),
  releases: [{ id: 'old', containers: [], slot: 'blue', record: makeRelease('old', { web: 'served' }) }],
};
const three = ['a', 'b', 'c'].map((host) => serving(host));

const step = (host: string, action: Action, more: Partial<StepResult> = {}): StepResult => ({
  ...{ host, stage: 'switch', action, at: 0, took: 1, ok: true, undo: false, note: undefined },
  ...more,
});
const pull = (host: string) => step(host, { kind: 'pull-images', release: 'new' }, { stage: 'pull' });
const record = (host: string) => step(host, { kind: 'record-release', release: 'new' }, { stage: 'prepare' });
const start = (host: string) =>
  step(
    host,
    { kind: 'start-services', release: 'new', slot: 'green', services: ['web'], how: 'create' },
    { stage: 'start' },
  );
const stopOld = (host: string) =>
  step(host, { kind: 'stop-services', release: 'old', services: ['web'] }, { stage: 'start' });
const switchTo = (host: string, release = 'new', more: Partial<StepResult> = {}) =>
  step(host, { kind: 'switch-traffic', release, slot: 'green' }, more);
const switchBack = (host: string) => switchTo(host, 'old', { undo: true });
const repair = (host: string, release: string) => switchTo(host, release, { stage: 'recover' });
const clear = (slot: 'blue' | 'green', more: Partial<StepResult> = { stage: 'recover' }) =>
  step('a', { kind: 'clear-slot', slot }, more);

const failure = (host: string | undefined, message: string, action?: Action): RolloutFailure => ({
  host,
  stage: 'check',
  action,
  error: host === undefined ? new Error(message) : new HostError(host, message),
});
const rolledBack = (
  failures: readonly RolloutFailure[],
  steps: readonly StepResult[],
  undoFailures: readonly RolloutFailure[] = [],
): Outcome => ({ kind: 'rolled-back', steps, failures, evidence: [], undoFailures });

const crash = [failure('a', 'web exited')];
const crashOnB = [failure('b', 'web exited')];
const repairOfA = repair('a', 'old');
const stopNew = (service: string): Action => ({ kind: 'stop-services', release: 'new', services: [service] });
const check: Action = { kind: 'check-health', release: 'old', services: ['web'] };
const startOld: Action = {
  ...{ kind: 'start-services', release: 'old', slot: 'blue', services: [], how: 'start' },
};
const lost = failure('b', 'the connection was lost', switchTo('b', 'old').action);
const halfRolledBack = [start('a'), start('b'), switchTo('a'), switchTo('b'), switchBack('a')];
const twoHosts = [serving('a'), serving('b')];

interface Scenario {
  readonly before: readonly ObservedHost[];
  readonly outcome: Outcome;
  readonly release?: typeof NEW;
  readonly expected: Partial<Pick<Report, 'result' | 'live'>> & {
    readonly hosts?: readonly Partial<HostReport>[];
  };
}

/** Runs by what they show. Their sentences are in the golden file. */
const SCENARIOS: Record<string, Scenario> = {
  'a deploy is live on all hosts, with hosts that had the release already': {
    before: [serving('a'), serving('b', 'new')],
    outcome: { kind: 'succeeded', steps: [switchTo('a')], warnings: [] },
    expected: {
      result: 'deployed',
      live: 'new',
      hosts: [
        { host: 'a', was: 'old', is: 'new' },
        { host: 'b', was: 'new', is: 'new' },
      ],
    },
  },
  'a repaired host stays repaired when the deploy fails': {
    before: [serving('a', 'half'), serving('b')],
    outcome: rolledBack(crashOnB, [repairOfA]),
    expected: {
      live: 'old',
      hosts: [
        { was: 'half', is: 'old' },
        { was: 'old', is: 'old' },
      ],
    },
  },
  'after a repair and the start of the new release, the traffic is where the repair moved it': {
    before: [serving('a', 'interrupted')],
    outcome: rolledBack(crash, [repair('a', 'good'), start('a')]),
    expected: { live: 'good', hosts: [{ was: 'interrupted', is: 'good' }] },
  },
  'it is unknown what a host serves after a failed repair': {
    before: [serving('a', 'half'), serving('b')],
    outcome: rolledBack(
      [{ ...failure('a', 'gone', repairOfA.action), stage: 'recover' }],
      [{ ...repairOfA, ok: false }],
    ),
    expected: {
      live: undefined,
      hosts: [{ is: undefined, unknown: true, rollbackIncomplete: true }, { is: 'old' }],
    },
  },
  'a release keeps the traffic when a repair clears the other slot': {
    before: [split],
    outcome: rolledBack(crashOnB, [clear('green')]),
    expected: { hosts: [{ was: 'old', is: 'old' }] },
  },
  'nothing serves when a repair clears both slots': {
    before: [split],
    outcome: rolledBack(crashOnB, [clear('green'), clear('blue')]),
    expected: { hosts: [{ was: 'old', is: undefined }] },
  },
  'the release that a repair gave all requests serves, although the repair was not completed': {
    before: [split],
    outcome: rolledBack(crash, [
      step(
        'a',
        {
          ...{ kind: 'balance-replicas', release: 'half', slot: 'green' },
          ...{ removedReplicas: {}, share: 0, newRelease: undefined },
        },
        { stage: 'recover' },
      ),
    ]),
    expected: { hosts: [{ was: 'old', is: 'half' }] },
  },
  'without an edge the accepted release serves, by the history that a repair wrote': {
    before: [
      {
        ...empty('a'),
        accepted: 'half',
        releases: [{ id: 'half', containers: [], slot: undefined, record: undefined }],
      },
    ],
    outcome: rolledBack(crash, [
      step('a', { kind: 'record-rollback', release: 'half', previous: 'old' }, { stage: 'recover' }),
    ]),
    expected: { hosts: [{ is: 'old' }] },
  },
  'removing releases of failed deploys does not count as a change': {
    before: [serving('a')],
    outcome: rolledBack(crash, [
      step('a', { kind: 'prune-releases', releases: ['t'] }, { stage: 'recover' }),
    ]),
    expected: { result: 'failed', live: 'old' },
  },
  'pulling images does not count as a change': {
    before: three,
    outcome: rolledBack([failure('b', 'disk full')], [pull('a')]),
    expected: { result: 'failed', live: 'old', hosts: [{ is: 'old' }, { is: 'old' }, { is: 'old' }] },
  },
  'hosts that had switched are rolled back together with the one that failed': {
    before: three,
    outcome: rolledBack(crashOnB, [
      ...[pull('c'), start('a'), start('b'), switchTo('a'), switchTo('b')],
      ...[switchBack('a'), switchBack('b')],
    ]),
    expected: { result: 'rolled-back', live: 'old', hosts: [{ is: 'old' }, { is: 'old' }, { is: 'old' }] },
  },
  'hosts that had not switched are rolled back before any traffic moved': {
    before: three,
    outcome: rolledBack(crashOnB, [record('a'), start('b')]),
    expected: { result: 'rolled-back', live: 'old' },
  },
  'nothing of the release was started': {
    before: three,
    outcome: rolledBack([failure('a', 'before-release: x failed')], [record('a'), record('b'), record('c')]),
    expected: { result: 'rolled-back', live: 'old' },
  },
  'the live release had to stop for the new one': {
    before: [serving('a')],
    outcome: rolledBack(crash, [stopOld('a'), start('a')]),
    expected: { result: 'rolled-back', live: 'old' },
  },
  'a failed check of url blames no host': {
    before: [serving('a')],
    outcome: rolledBack([failure(undefined, '503')], [start('a'), switchTo('a'), switchBack('a')]),
    expected: { result: 'rolled-back', hosts: [{ is: 'old' }] },
  },
  'a cancelled job blames no host': {
    before: [serving('a')],
    outcome: rolledBack(
      [{ ...failure(undefined, 'The job was cancelled.'), cancelled: true }],
      [start('a'), switchTo('a'), switchBack('a')],
    ),
    expected: { result: 'rolled-back', hosts: [{ is: 'old' }] },
  },
  'a failed first deploy leaves nothing live': {
    before: [empty('a')],
    outcome: rolledBack(crash, [switchTo('a'), clear('green', { undo: true })]),
    expected: { result: 'rolled-back', live: undefined, hosts: [{ was: undefined, is: undefined }] },
  },
  'the live release itself was to be repaired': {
    before: [serving('a', 'new')],
    outcome: rolledBack(crash, [start('a')]),
    expected: { result: 'rolled-back', live: 'new', hosts: [{ was: 'new', is: 'new' }] },
  },
  'hosts with different releases keep them': {
    before: [serving('a'), serving('b', 'older'), empty('c')],
    outcome: rolledBack(crash, [start('a'), start('b'), start('c')]),
    expected: {
      result: 'rolled-back',
      live: undefined,
      hosts: [{ is: 'old' }, { is: 'older' }, { is: undefined }],
    },
  },
  'a host whose live release was unhealthy before is named': {
    before: [unhealthy, serving('b')],
    outcome: rolledBack(crashOnB, [start('a'), start('b')]),
    expected: { result: 'rolled-back', live: 'old' },
  },
  'it is unknown what a lost host serves, and known of the others': {
    before: twoHosts,
    outcome: rolledBack([failure('b', 'x')], halfRolledBack, [
      lost,
      failure('b', 'it is still lost', startOld),
    ]),
    expected: {
      result: 'rolled-back',
      live: undefined,
      hosts: [{ is: 'old' }, { is: undefined, unknown: true, rollbackIncomplete: true }],
    },
  },
  'a lost connection that made the deploy fail is not named again': {
    before: twoHosts,
    outcome: rolledBack([failure('b', 'the connection was lost')], halfRolledBack, [lost]),
    expected: { live: undefined },
  },
  'the previous release does not start again, for the reason that the new one had': {
    before: twoHosts,
    outcome: rolledBack(crashOnB, halfRolledBack, [failure('b', 'web exited', check)]),
    expected: { live: undefined },
  },
  'without an edge it is unknown what serves, if a container could not be stopped': {
    before: [empty('a')],
    release: WORKERS,
    outcome: rolledBack(crash, [start('a')], [failure('a', 'the engine hangs', stopNew('jobs'))]),
    expected: { hosts: [{ is: undefined, unknown: true, rollbackIncomplete: true }] },
  },
  'the same, if a repair cleared the traffic before': {
    before: [serving('a')],
    release: WORKERS,
    outcome: rolledBack(
      crash,
      [clear('blue'), start('a')],
      [failure('a', 'the engine hangs', stopNew('jobs'))],
    ),
    expected: { hosts: [{ is: undefined, unknown: true, rollbackIncomplete: true }] },
  },
  'with traffic on an edge it is known what serves, although a container could not be stopped': {
    before: [serving('a')],
    release: WORKERS,
    outcome: rolledBack(crash, [start('a')], [failure('a', 'the engine hangs', stopNew('jobs'))]),
    expected: { hosts: [{ is: 'old', rollbackIncomplete: true }] },
  },
  'it is known what serves if only a clean-up failed': {
    before: [serving('a')],
    outcome: rolledBack(
      [failure('a', 'x')],
      [start('a'), switchTo('a'), switchBack('a')],
      [failure('a', 'the engine hangs', stopNew('web'))],
    ),
    expected: { result: 'rolled-back', live: 'old', hosts: [{ is: 'old', rollbackIncomplete: true }] },
  },
};

const silent = (release: string) => ({
  release,
  problems: ['web gives no answer on port 80: connection refused'],
});
const reached = (release: string) => ({ release, problems: [] });
const failed = (reachability: NonNullable<(Outcome & { kind: 'rolled-back' })['reachability']>): Outcome => ({
  ...(rolledBack(crash, [start('a'), switchTo('a'), switchBack('a')]) as Outcome & { kind: 'rolled-back' }),
  reachability,
});
const REACHABILITY: Readonly<Record<string, Scenario>> = {
  'nobody reaches the release that the rollback returned to, as before': {
    before: [serving('a')],
    outcome: failed(new Map([['a', { before: silent('old'), after: silent('old') }]])),
    expected: {
      live: 'old',
      hosts: [{ unreachable: silent('old').problems, unreachableBefore: silent('old').problems }],
    },
  },
  'nobody reaches it any more': {
    before: [serving('a')],
    outcome: failed(
      new Map([
        ['a', { before: reached('old'), after: { release: 'old', problems: ['its edge does not run'] } }],
      ]),
    ),
    expected: { live: 'old', hosts: [{ unreachable: ['its edge does not run'] }] },
  },
  'it was dead before and answers now': {
    before: [serving('a')],
    outcome: failed(new Map([['a', { before: silent('old'), after: reached('old') }]])),
    expected: { live: 'old', hosts: [{ unreachableBefore: silent('old').problems }] },
  },
  'nothing was changed, and nobody reaches what is live': {
    before: [serving('a')],
    outcome: {
      ...(rolledBack(crash, [pull('a')]) as Outcome & { kind: 'rolled-back' }),
      reachability: new Map([['a', { before: silent('old'), after: silent('old') }]]),
    },
    expected: { result: 'failed', hosts: [{ unreachable: silent('old').problems }] },
  },
};
Object.assign(SCENARIOS, REACHABILITY);

const resultOf = ({ before, outcome, release = NEW }: Scenario) => deployResultOf(before, release, outcome);

describe('the result of a run', () => {
  test.each(Object.entries(SCENARIOS))('where %s', (_, scenario) => {
    const result = resultOf(scenario);
    expect(result).toMatchObject(scenario.expected);
    for (const [index, expected] of (scenario.expected.hosts ?? []).entries()) {
      expect(result.hosts[index]?.unknown).toBe(expected.unknown);
      expect(result.hosts[index]?.rollbackIncomplete).toBe(expected.rollbackIncomplete);
    }
  });

  test('that found every host up to date is unchanged', () => {
    expect(unchangedResult([serving('a', 'new')], NEW)).toMatchObject({ result: 'unchanged', live: 'new' });
  });

  test('is put into the sentences of the golden file', async () => {
    const texts = Object.entries(SCENARIOS).map(([title, scenario]) => {
      const { state, hosts } = resultOf(scenario);
      return [title, [state, ...hosts.map(({ host, why }) => `  ${host}: ${why}`)]] as const;
    });
    await expectGolden('log/deploy-results.txt', sections(texts));
  });
});

describe('the common release of a fleet', () => {
  const host: HostReport = { host: 'a', was: 'old', is: 'old', why: '', kept: [] };

  test('is the release that all of its hosts serve', () => {
    expect(commonRelease([host, host])).toBe('old');
    expect(commonRelease([host, { ...host, is: 'new' }])).toBeUndefined();
  });

  test('does not exist if it is unknown what a host serves', () => {
    const nothing = { ...host, is: undefined };
    expect(commonRelease([nothing, { ...nothing, unknown: true }])).toBeUndefined();
    expect(commonRelease([host, { ...nothing, unknown: true }])).toBeUndefined();
  });
});
