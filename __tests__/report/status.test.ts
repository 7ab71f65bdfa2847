import { describe, expect, test } from '@jest/globals';
import type { HistoryEntry } from '../../src/model/history.ts';
import type { ObservedContainer, ObservedHost } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import { statusReport } from '../../src/report/host-status.ts';
import { statusLines } from '../../src/report/status-table.ts';
import { emptyWorld, makeRelease, observe } from '../plan/world.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { expectGolden, sections } from './golden.ts';

const container = (service: string, changes: Partial<ObservedContainer> = {}): ObservedContainer => ({
  name: service,
  service,
  definitionFingerprint: undefined,
  state: 'running',
  health: undefined,
  exitCode: undefined,
  ...changes,
});
const web = container('web');
const healthy = container('web', { health: 'healthy' });
const crashed = container('web', { state: 'exited', exitCode: 1 });
/** The container of a one-shot service that succeeded. */
const migrated = container('migrate', { state: 'exited', exitCode: 0 });

const made = makeRelease(
  'new',
  { web: 'served', migrate: 'internal' },
  { details: { migrate: { oneShot: true } } },
);
const record = { ...made, origin: { ...made.origin, revision: 'abcdef0123456789' } };
const accepted = (release: ReleaseId, at: string, actor: string, runUrl: string): HistoryEntry => ({
  ...{ at, event: 'accepted', release, previous: undefined, actor, runUrl },
});

/** A host with a live release, one that is kept, and one that was rolled back and has no containers. */
const host = (containers: readonly ObservedContainer[]): ObservedHost => ({
  ...observe(emptyWorld(), hostName('ssh://a')),
  traffic: { slot: 'blue', release: releaseId('new') },
  edge: { state: 'running', containerId: 'edge', fingerprint: '' },
  releases: [
    { id: releaseId('new'), containers, slot: 'blue', record },
    {
      id: releaseId('old'),
      containers: [container('web', { state: 'exited', exitCode: 0 })],
      slot: 'green',
      record: undefined,
    },
    { id: releaseId('gone'), containers: [], slot: undefined, record: makeRelease('gone', {}) },
  ],
  history: [
    accepted(releaseId('old'), '2026-01-01T00:00:00Z', 'ada', 'https://x/1'),
    {
      ...accepted(releaseId('new'), '2026-01-02T00:00:00Z', 'grace', 'https://x/2'),
      approval: { kind: 'approved', approvers: [{ login: 'hubot', comment: undefined }], rules: [] },
    },
    {
      ...{
        at: '2026-01-03T00:00:00Z',
        event: 'rolled-back',
        release: releaseId('gone'),
        previous: releaseId('new'),
      },
      ...{ actor: 'eve', runUrl: undefined },
    },
  ],
});
const empty = observe(emptyWorld(), hostName('ssh://b'));

type HealthCase = readonly [containers: readonly ObservedContainer[], up: boolean, isHealthy: boolean];
const HEALTHS: Readonly<Record<string, HealthCase>> = {
  healthy: [[healthy, migrated], true, true],
  'without a HEALTHCHECK': [[web, migrated], true, true],
  'partly unhealthy': [[healthy, container('web', { health: 'unhealthy' }), migrated], true, false],
  'not asked yet': [[container('web', { health: 'starting', unchecked: true }), migrated], true, true],
  starting: [[container('web', { health: 'starting' }), migrated], true, false],
  stopped: [[crashed, migrated], false, false],
};

describe('the status of a host', () => {
  test.each(Object.entries(HEALTHS))('has a live release that is %s', (_, [containers, up, isHealthy]) => {
    expect(statusReport(host(containers))).toMatchObject({
      is: 'new',
      healthy: isHealthy,
      kept: [{ release: 'new', live: true, up, revision: 'abcdef0123456789', actor: 'grace' }, {}, {}],
    });
  });

  test.each<[string, Partial<ObservedHost>]>([
    ['was never accepted', { history: [] }],
    [
      'shares the traffic',
      { traffic: { slot: 'blue', release: releaseId('new'), splitWith: releaseId('canary') } },
    ],
    ['has no edge', { edge: { state: 'absent' } }],
  ])('is not healthy if its live release %s', (_, changes) => {
    const made = makeRelease('new', { web: 'served' });
    const releases = [{ id: releaseId('new'), containers: [healthy], slot: 'blue' as const, record: made }];
    const steady = { ...host([healthy]), releases };
    expect(statusReport(steady).healthy).toBe(true);
    expect(statusReport({ ...steady, ...changes }).healthy).toBe(false);
  });

  test('is not healthy, and names them, if accessories of its live release do not run', () => {
    const withBase = { ...made, base: { services: { db: {}, cache: {} } } };
    const releases = [
      { id: releaseId('new'), containers: [healthy, migrated], slot: 'blue' as const, record: withBase },
    ];
    const cache = container('cache');
    const steady = { ...host([]), releases, accessories: [container('db'), cache] };
    expect(statusReport(steady).healthy).toBe(true);
    const stopped = { ...steady, accessories: [container('db', { state: 'exited', exitCode: 1 }), cache] };
    expect(statusReport(stopped)).toMatchObject({
      healthy: false,
      why: expect.stringContaining('NOT healthy: db does not run'),
    });
  });

  test('lists the releases to roll back to, the last accepted one first', () => {
    const { kept = [] } = statusReport(host([web, migrated]));
    expect(kept.map(({ release, live, acceptedAt }) => [release, live, acceptedAt])).toEqual([
      ['new', true, '2026-01-02T00:00:00Z'],
      ['old', false, '2026-01-01T00:00:00Z'],
      ['gone', false, undefined],
    ]);
  });

  test('without a deploy has no release', () => {
    expect(statusReport(empty)).toMatchObject({ host: 'ssh://b', was: undefined, is: undefined, kept: [] });
  });

  test('is an aligned table in the log', async () => {
    const up = host([web, migrated]);
    const splitWith = { slot: 'blue', release: releaseId('new'), splitWith: releaseId('canary') } as const;
    const statuses: Readonly<Record<string, ObservedHost>> = {
      ...Object.fromEntries(Object.entries(HEALTHS).map(([name, [containers]]) => [name, host(containers)])),
      'some requests go to another release': { ...up, traffic: splitWith },
      'never accepted': { ...up, history: [] },
      'the edge is absent': { ...up, edge: { state: 'absent' } },
      empty,
    };
    const texts = Object.entries(statuses).map(
      ([title, each]) => [title, statusLines([statusReport(each)])] as const,
    );
    await expectGolden('log/status.txt', sections(texts));
  });

  test('keeps one line per row, whatever the texts of others contain', () => {
    const report = statusReport(host([web, migrated]));
    const { kept = [] } = report;
    const hostile = { ...report, kept: kept.map((each) => ({ ...each, actor: 'eve\n::error::x' })) };
    expect(statusLines([hostile]).every((line) => !line.includes('\n'))).toBe(true);
  });
});
