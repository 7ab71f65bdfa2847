import { describe, expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { HostName, ReleaseId } from '../../src/model/identifiers.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { Outcome, RolloutFailure, StepResult } from '../../src/plan/outcome.ts';
import { deployResultOf, unchangedResult } from '../../src/report/deploy-result.ts';
import type { DeploymentHost } from '../../src/report/host-report.ts';
import { commonRelease } from '../../src/report/host-status.ts';
import type { DeploymentReport } from '../../src/report/report.ts';
import { emptyWorld, makeRelease, observe } from '../plan/world.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { expectGolden, sections } from './golden.ts';

const NEW = makeRelease('new', { web: 'served' });
const WORKERS = makeRelease('new', { jobs: 'worker' });

const empty = (host: HostName): ObservedHost => observe(emptyWorld(), host);
/** A host whose edge sends all requests to a release. */
const serving = (host: HostName, release = releaseId('old')): ObservedHost => ({
  ...empty(host),
  traffic: { slot: 'blue', release },
});
const split: ObservedHost = {
  ...empty(hostName('a')),
  traffic: { slot: 'blue', release: releaseId('old'), splitWith: releaseId('half') },
};
const unhealthy: ObservedHost = {
  ...serving(hostName('a')),
  releases: [
    { id: releaseId('old'), containers: [], slot: 'blue', record: makeRelease('old', { web: 'served' }) },
  ],
};
const three = ['a', 'b', 'c'].map((host) => serving(hostName(host)));

const step = (host: HostName, action: Action, more: Partial<StepResult> = {}): StepResult => ({
  ...{ host, stage: 'switch', action, at: 0, took: 1, ok: true, undo: false, note: undefined },
  ...more,
});
const pull = (host: HostName) =>
  step(host, { kind: 'pull-images', release: releaseId('new') }, { stage: 'pull' });
const record = (host: HostName) =>
  step(host, { kind: 'record-release', release: releaseId('new') }, { stage: 'prepare' });
const start = (host: HostName) =>
  step(
    host,
    { kind: 'start-services', release: releaseId('new'), slot: 'green', services: ['web'], how: 'create' },
    { stage: 'start' },
  );
const stopOld = (host: HostName) =>
  step(host, { kind: 'stop-services', release: releaseId('old'), services: ['web'] }, { stage: 'start' });
const switchTo = (host: HostName, release = releaseId('new'), more: Partial<StepResult> = {}) =>
  step(host, { kind: 'switch-traffic', release, slot: 'green' }, more);
const switchBack = (host: HostName) => switchTo(host, releaseId('old'), { undo: true });
const repair = (host: HostName, release: ReleaseId) => switchTo(host, release, { stage: 'recover' });
const clear = (slot: 'blue' | 'green', more: Partial<StepResult> = { stage: 'recover' }) =>
  step(hostName('a'), { kind: 'clear-slot', slot }, more);

const startProject = (more: Partial<Action<'start-project'>>) =>
  step(hostName('a'), { kind: 'start-project', project: 'shop', ...more }, { undo: true });

const failure = (host: HostName | undefined, message: string, action?: Action): RolloutFailure => ({
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

const crash = [failure(hostName('a'), 'web exited')];
const crashOnB = [failure(hostName('b'), 'web exited')];
const repairOfA = repair(hostName('a'), releaseId('old'));
const stopNew = (service: string): Action => ({
  kind: 'stop-services',
  release: releaseId('new'),
  services: [service],
});
const check: Action = { kind: 'check-health', release: releaseId('old'), services: ['web'] };
const startOld: Action = {
  ...{ kind: 'start-services', release: releaseId('old'), slot: 'blue', services: [], how: 'start' },
};
const lost = failure(
  hostName('b'),
  'the connection was lost',
  switchTo(hostName('b'), releaseId('old')).action,
);
const halfRolledBack = [
  start(hostName('a')),
  start(hostName('b')),
  switchTo(hostName('a')),
  switchTo(hostName('b')),
  switchBack(hostName('a')),
];
const twoHosts = [serving(hostName('a')), serving(hostName('b'))];

interface Scenario {
  readonly before: readonly ObservedHost[];
  readonly outcome: Outcome;
  readonly release?: typeof NEW;
  readonly expected: Partial<Pick<DeploymentReport, 'result' | 'live'>> & {
    readonly hosts?: readonly Partial<DeploymentHost>[];
  };
}

/** Runs by what they show. Their sentences are in the golden file. */
const SCENARIOS: Record<string, Scenario> = {
  'a deploy is live on all hosts, with hosts that had the release already': {
    before: [serving(hostName('a')), serving(hostName('b'), releaseId('new'))],
    outcome: { kind: 'succeeded', steps: [switchTo(hostName('a'))], warnings: [] },
    expected: {
      result: 'deployed',
      live: releaseId('new'),
      hosts: [
        { host: hostName('a'), was: releaseId('old'), is: releaseId('new') },
        { host: hostName('b'), was: releaseId('new'), is: releaseId('new') },
      ],
    },
  },
  'a repaired host stays repaired when the deploy fails': {
    before: [serving(hostName('a'), releaseId('half')), serving(hostName('b'))],
    outcome: rolledBack(crashOnB, [repairOfA]),
    expected: {
      live: releaseId('old'),
      hosts: [
        { was: releaseId('half'), is: releaseId('old') },
        { was: releaseId('old'), is: releaseId('old') },
      ],
    },
  },
  'after a repair and the start of the new release, the traffic is where the repair moved it': {
    before: [serving(hostName('a'), releaseId('interrupted'))],
    outcome: rolledBack(crash, [repair(hostName('a'), releaseId('good')), start(hostName('a'))]),
    expected: { live: releaseId('good'), hosts: [{ was: releaseId('interrupted'), is: releaseId('good') }] },
  },
  'it is unknown what a host serves after a failed repair': {
    before: [serving(hostName('a'), releaseId('half')), serving(hostName('b'))],
    outcome: rolledBack(
      [{ ...failure(hostName('a'), 'gone', repairOfA.action), stage: 'recover' }],
      [{ ...repairOfA, ok: false }],
    ),
    expected: {
      live: undefined,
      hosts: [{ is: undefined, unknown: true, rollbackIncomplete: true }, { is: releaseId('old') }],
    },
  },
  'a release keeps the traffic when a repair clears the other slot': {
    before: [split],
    outcome: rolledBack(crashOnB, [clear('green')]),
    expected: { hosts: [{ was: releaseId('old'), is: releaseId('old') }] },
  },
  'nothing serves when a repair clears both slots': {
    before: [split],
    outcome: rolledBack(crashOnB, [clear('green'), clear('blue')]),
    expected: { hosts: [{ was: releaseId('old'), is: undefined }] },
  },
  'the release that a repair gave all requests serves, although the repair was not completed': {
    before: [split],
    outcome: rolledBack(crash, [
      step(
        hostName('a'),
        {
          ...{ kind: 'balance-replicas', release: releaseId('half'), slot: 'green' },
          ...{ removedReplicas: {}, share: 0, newRelease: undefined },
        },
        { stage: 'recover' },
      ),
    ]),
    expected: { hosts: [{ was: releaseId('old'), is: releaseId('half') }] },
  },
  'without an edge the accepted release serves, by the history that a repair wrote': {
    before: [
      {
        ...empty(hostName('a')),
        accepted: releaseId('half'),
        releases: [{ id: releaseId('half'), containers: [], slot: undefined, record: undefined }],
      },
    ],
    outcome: rolledBack(crash, [
      step(
        hostName('a'),
        { kind: 'record-rollback', release: releaseId('half'), previous: releaseId('old') },
        { stage: 'recover' },
      ),
    ]),
    expected: { hosts: [{ is: releaseId('old') }] },
  },
  'removing releases of failed deploys does not count as a change': {
    before: [serving(hostName('a'))],
    outcome: rolledBack(crash, [
      step(hostName('a'), { kind: 'prune-releases', releases: [releaseId('t')] }, { stage: 'recover' }),
    ]),
    expected: { result: 'failed', live: releaseId('old') },
  },
  'after the failed update of a proxy, which is as it was again, the traffic did not stay': {
    before: [serving(hostName('a'))],
    outcome: rolledBack(
      [failure(hostName('a'), 'proxy exited')],
      [
        step(
          hostName('a'),
          { kind: 'ensure-accessories', release: releaseId('new'), services: ['proxy'], recreate: ['proxy'] },
          { ok: false, interrupted: { services: ['proxy'], from: 100, to: 1500 } },
        ),
        step(
          hostName('a'),
          { kind: 'ensure-accessories', release: releaseId('old'), services: ['proxy'], recreate: ['proxy'] },
          { undo: true, interrupted: { services: ['proxy'], from: 1500, to: 2000 } },
        ),
      ],
    ),
    expected: {
      live: releaseId('old'),
      hosts: [{ is: releaseId('old'), downtime: { services: ['proxy'], complete: false, durationMs: 1900 } }],
    },
  },
  'after the failed update of a proxy behind a switch, both are said': {
    before: [serving(hostName('a'))],
    outcome: rolledBack(
      [failure(hostName('a'), 'proxy exited')],
      [
        start(hostName('a')),
        switchTo(hostName('a')),
        step(
          hostName('a'),
          { kind: 'ensure-accessories', release: releaseId('new'), services: ['proxy'], recreate: ['proxy'] },
          { ok: false, interrupted: { services: ['proxy'], from: 100, to: 1500 } },
        ),
        switchBack(hostName('a')),
      ],
    ),
    expected: { live: releaseId('old'), hosts: [{ is: releaseId('old') }] },
  },
  'pulling images does not count as a change': {
    before: three,
    outcome: rolledBack([failure(hostName('b'), 'disk full')], [pull(hostName('a'))]),
    expected: {
      result: 'failed',
      live: releaseId('old'),
      hosts: [{ is: releaseId('old') }, { is: releaseId('old') }, { is: releaseId('old') }],
    },
  },
  'hosts that had switched are rolled back together with the one that failed': {
    before: three,
    outcome: rolledBack(crashOnB, [
      ...[
        pull(hostName('c')),
        start(hostName('a')),
        start(hostName('b')),
        switchTo(hostName('a')),
        switchTo(hostName('b')),
      ],
      ...[switchBack(hostName('a')), switchBack(hostName('b'))],
    ]),
    expected: {
      result: 'rolled-back',
      live: releaseId('old'),
      hosts: [{ is: releaseId('old') }, { is: releaseId('old') }, { is: releaseId('old') }],
    },
  },
  'hosts that had not switched are rolled back before any traffic moved': {
    before: three,
    outcome: rolledBack(crashOnB, [record(hostName('a')), start(hostName('b'))]),
    expected: { result: 'rolled-back', live: releaseId('old') },
  },
  'nothing of the release was started': {
    before: three,
    outcome: rolledBack(
      [failure(hostName('a'), 'before-release: x failed')],
      [record(hostName('a')), record(hostName('b')), record(hostName('c'))],
    ),
    expected: { result: 'rolled-back', live: releaseId('old') },
  },
  'the live release had to stop for the new one': {
    before: [serving(hostName('a'))],
    outcome: rolledBack(crash, [stopOld(hostName('a')), start(hostName('a'))]),
    expected: { result: 'rolled-back', live: releaseId('old') },
  },
  'a failed check of url blames no host': {
    before: [serving(hostName('a'))],
    outcome: rolledBack(
      [failure(undefined, '503')],
      [start(hostName('a')), switchTo(hostName('a')), switchBack(hostName('a'))],
    ),
    expected: { result: 'rolled-back', hosts: [{ is: releaseId('old') }] },
  },
  'a cancelled job blames no host': {
    before: [serving(hostName('a'))],
    outcome: rolledBack(
      [{ ...failure(undefined, 'The job was cancelled.'), cancelled: true }],
      [start(hostName('a')), switchTo(hostName('a')), switchBack(hostName('a'))],
    ),
    expected: { result: 'rolled-back', hosts: [{ is: releaseId('old') }] },
  },
  'a failed first deploy leaves nothing live': {
    before: [empty(hostName('a'))],
    outcome: rolledBack(crash, [switchTo(hostName('a')), clear('green', { undo: true })]),
    expected: { result: 'rolled-back', live: undefined, hosts: [{ was: undefined, is: undefined }] },
  },
  'a failed first deploy starts the project again that it took over': {
    before: [empty(hostName('a'))],
    outcome: rolledBack(crash, [start(hostName('a')), startProject({})]),
    expected: { result: 'rolled-back', live: undefined },
  },
  'a failed first deploy takes only names over, and gives them back': {
    before: [empty(hostName('a'))],
    outcome: rolledBack(crash, [start(hostName('a')), startProject({ onlyNames: true })]),
    expected: { result: 'rolled-back', live: undefined },
  },
  'the live release itself was to be repaired': {
    before: [serving(hostName('a'), releaseId('new'))],
    outcome: rolledBack(crash, [start(hostName('a'))]),
    expected: {
      result: 'rolled-back',
      live: releaseId('new'),
      hosts: [{ was: releaseId('new'), is: releaseId('new') }],
    },
  },
  'hosts with different releases keep them': {
    before: [serving(hostName('a')), serving(hostName('b'), releaseId('older')), empty(hostName('c'))],
    outcome: rolledBack(crash, [start(hostName('a')), start(hostName('b')), start(hostName('c'))]),
    expected: {
      result: 'rolled-back',
      live: undefined,
      hosts: [{ is: releaseId('old') }, { is: releaseId('older') }, { is: undefined }],
    },
  },
  'a host whose live release was unhealthy before is named': {
    before: [unhealthy, serving(hostName('b'))],
    outcome: rolledBack(crashOnB, [start(hostName('a')), start(hostName('b'))]),
    expected: { result: 'rolled-back', live: releaseId('old') },
  },
  'it is unknown what a lost host serves, and known of the others': {
    before: twoHosts,
    outcome: rolledBack([failure(hostName('b'), 'x')], halfRolledBack, [
      lost,
      failure(hostName('b'), 'it is still lost', startOld),
    ]),
    expected: {
      result: 'rolled-back',
      live: undefined,
      hosts: [{ is: releaseId('old') }, { is: undefined, unknown: true, rollbackIncomplete: true }],
    },
  },
  'a lost connection that made the deploy fail is not named again': {
    before: twoHosts,
    outcome: rolledBack([failure(hostName('b'), 'the connection was lost')], halfRolledBack, [lost]),
    expected: { live: undefined },
  },
  'the previous release does not start again, for the reason that the new one had': {
    before: twoHosts,
    outcome: rolledBack(crashOnB, halfRolledBack, [failure(hostName('b'), 'web exited', check)]),
    expected: { live: undefined },
  },
  'without an edge it is unknown what serves, if a container could not be stopped': {
    before: [empty(hostName('a'))],
    release: WORKERS,
    outcome: rolledBack(
      crash,
      [start(hostName('a'))],
      [failure(hostName('a'), 'the engine hangs', stopNew('jobs'))],
    ),
    expected: { hosts: [{ is: undefined, unknown: true, rollbackIncomplete: true }] },
  },
  'the same, if a repair cleared the traffic before': {
    before: [serving(hostName('a'))],
    release: WORKERS,
    outcome: rolledBack(
      crash,
      [clear('blue'), start(hostName('a'))],
      [failure(hostName('a'), 'the engine hangs', stopNew('jobs'))],
    ),
    expected: { hosts: [{ is: undefined, unknown: true, rollbackIncomplete: true }] },
  },
  'with traffic on an edge it is known what serves, although a container could not be stopped': {
    before: [serving(hostName('a'))],
    release: WORKERS,
    outcome: rolledBack(
      crash,
      [start(hostName('a'))],
      [failure(hostName('a'), 'the engine hangs', stopNew('jobs'))],
    ),
    expected: { hosts: [{ is: releaseId('old'), rollbackIncomplete: true }] },
  },
  'it is known what serves if only a clean-up failed': {
    before: [serving(hostName('a'))],
    outcome: rolledBack(
      [failure(hostName('a'), 'x')],
      [start(hostName('a')), switchTo(hostName('a')), switchBack(hostName('a'))],
      [failure(hostName('a'), 'the engine hangs', stopNew('web'))],
    ),
    expected: {
      result: 'rolled-back',
      live: releaseId('old'),
      hosts: [{ is: releaseId('old'), rollbackIncomplete: true }],
    },
  },
};

const silent = (release: ReleaseId) => ({
  release,
  problems: ['web gives no answer on port 80: connection refused'],
});
const half = (release: ReleaseId) => ({
  ...{ release, partly: true as const },
  problems: ['api gives no answer on port 80: connection refused'],
});
const reached = (release: ReleaseId) => ({ release, problems: [] });
const failed = (reachability: NonNullable<(Outcome & { kind: 'rolled-back' })['reachability']>): Outcome => ({
  ...(rolledBack(crash, [
    start(hostName('a')),
    switchTo(hostName('a')),
    switchBack(hostName('a')),
  ]) as Outcome & { kind: 'rolled-back' }),
  reachability,
});
const REACHABILITY: Readonly<Record<string, Scenario>> = {
  'nobody reaches the release that the rollback returned to, as before': {
    before: [serving(hostName('a'))],
    outcome: failed(
      new Map([[hostName('a'), { before: silent(releaseId('old')), after: silent(releaseId('old')) }]]),
    ),
    expected: {
      live: releaseId('old'),
      hosts: [
        {
          unreachable: silent(releaseId('old')).problems,
          unreachableBefore: silent(releaseId('old')).problems,
        },
      ],
    },
  },
  'nobody reaches it any more': {
    before: [serving(hostName('a'))],
    outcome: failed(
      new Map([
        [
          hostName('a'),
          {
            before: reached(releaseId('old')),
            after: { release: releaseId('old'), problems: ['its edge does not run'] },
          },
        ],
      ]),
    ),
    expected: { live: releaseId('old'), hosts: [{ unreachable: ['its edge does not run'] }] },
  },
  'one of its services was dead before, and the others answer again': {
    before: [serving(hostName('a'))],
    outcome: failed(
      new Map([[hostName('a'), { before: half(releaseId('old')), after: half(releaseId('old')) }]]),
    ),
    expected: { live: releaseId('old'), hosts: [{ unreachable: half(releaseId('old')).problems }] },
  },
  'one of its services was dead before, and answers now': {
    before: [serving(hostName('a'))],
    outcome: failed(
      new Map([[hostName('a'), { before: half(releaseId('old')), after: reached(releaseId('old')) }]]),
    ),
    expected: { live: releaseId('old'), hosts: [{ unreachableBefore: half(releaseId('old')).problems }] },
  },
  'it was dead before and answers now': {
    before: [serving(hostName('a'))],
    outcome: failed(
      new Map([[hostName('a'), { before: silent(releaseId('old')), after: reached(releaseId('old')) }]]),
    ),
    expected: { live: releaseId('old'), hosts: [{ unreachableBefore: silent(releaseId('old')).problems }] },
  },
  'nothing could ask whether it answers': {
    before: [serving(hostName('a'))],
    outcome: failed(new Map()),
    expected: { live: releaseId('old'), hosts: [{ is: releaseId('old') }] },
  },
  'nothing was changed, and nobody reaches what is live': {
    before: [serving(hostName('a'))],
    outcome: {
      ...(rolledBack(crash, [pull(hostName('a'))]) as Outcome & { kind: 'rolled-back' }),
      reachability: new Map([
        [hostName('a'), { before: silent(releaseId('old')), after: silent(releaseId('old')) }],
      ]),
    },
    expected: { result: 'failed', hosts: [{ unreachable: silent(releaseId('old')).problems }] },
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
    expect(unchangedResult([serving(hostName('a'), releaseId('new'))], NEW)).toMatchObject({
      result: 'unchanged',
      live: 'new',
    });
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
  const host: DeploymentHost = {
    host: hostName('a'),
    was: releaseId('old'),
    is: releaseId('old'),
    why: '',
  };

  test('is the release that all of its hosts serve', () => {
    expect(commonRelease([host, host])).toBe('old');
    expect(commonRelease([host, { ...host, is: releaseId('new') }])).toBeUndefined();
  });

  test('does not exist if it is unknown what a host serves', () => {
    const nothing = { ...host, is: undefined };
    expect(commonRelease([nothing, { ...nothing, unknown: true }])).toBeUndefined();
    expect(commonRelease([host, { ...nothing, unknown: true }])).toBeUndefined();
  });
});
