import { describe, expect, test } from '@jest/globals';
import type { ObservedContainer, ObservedHost } from '../../src/model/host.ts';
import { statusReport } from '../../src/report/hosts.ts';
import { statusLines } from '../../src/report/status-table.ts';
import { emptyWorld, makeRelease, observe } from '../plan/world.ts';

const host = (name: string, live = 'old'): ObservedHost => ({
  ...observe(emptyWorld(), name),
  traffic: { slot: 'blue', release: live },
});
describe('the status', () => {
  const container = (service: string, changes: Partial<ObservedContainer> = {}): ObservedContainer => ({
    id: service,
    name: service,
    service,
    number: 1,
    definitionFingerprint: undefined,
    state: 'running',
    health: undefined,
    exitCode: undefined,
    startedAt: undefined,
    imageId: '',
    ...changes,
  });
  const made = makeRelease('new', { web: 'served', migrate: 'internal' });
  const record = {
    ...made,
    services: Object.fromEntries(
      Object.entries(made.services).map(([name, service]) => [
        name,
        { ...service, oneShot: name === 'migrate' },
      ]),
    ),
    origin: { ...made.origin, revision: 'abcdef0123456789' },
  };
  const done = container('migrate', { state: 'exited', exitCode: 0 });
  const seen = (containers: readonly ObservedContainer[]): ObservedHost => ({
    ...host('ssh://a', 'new'),
    edge: { state: 'running', containerId: 'edge', fingerprint: '' },
    releases: [
      { id: 'new', containers, slot: 'blue', record },
      {
        id: 'old',
        containers: [container('web', { state: 'exited', exitCode: 0 })],
        slot: 'green',
        record: undefined,
      },
      { id: 'gone', containers: [], slot: undefined, record: makeRelease('gone', {}) },
    ],
    history: [
      {
        at: '2026-01-01T00:00:00Z',
        event: 'accepted',
        release: 'old',
        previous: undefined,
        actor: 'ada',
        runUrl: 'https://x/1',
      },
      {
        at: '2026-01-02T00:00:00Z',
        event: 'accepted',
        release: 'new',
        previous: 'old',
        actor: 'grace',
        runUrl: 'https://x/2',
      },
      {
        at: '2026-01-03T00:00:00Z',
        event: 'rolled-back',
        release: 'gone',
        previous: 'new',
        actor: 'eve',
        runUrl: undefined,
      },
    ],
  });

  test.each<[string, readonly ObservedContainer[], string, boolean]>([
    ['healthy', [container('web', { health: 'healthy' }), done], '1 of 1 healthy', true],
    ['without a HEALTHCHECK', [container('web'), done], '1 of 1 running', true],
    [
      'partly unhealthy',
      [container('web', { health: 'healthy' }), container('web', { health: 'unhealthy' }), done],
      '1 of 2 healthy',
      true,
    ],
    ['starting', [container('web', { health: 'starting' }), done], '0 of 1 healthy', true],
    ['stopped', [container('web', { state: 'exited', exitCode: 1 }), done], '2 stopped', false],
  ])('of a live release that is %s', (_, containers, condition, whole) => {
    expect(statusReport(seen(containers)).kept[0]).toMatchObject({
      release: 'new',
      live: true,
      condition,
      whole,
      revision: 'abcdef0123456789',
      actor: 'grace',
    });
  });

  test('lists what could be gone back to, newest first', () => {
    const { kept, why } = statusReport(seen([container('web'), done]));
    expect(
      kept.map(({ release, live, acceptedAt, condition }) => [release, live, acceptedAt, condition]),
    ).toEqual([
      ['new', true, '2026-01-02T00:00:00Z', '1 of 1 running'],
      ['old', false, '2026-01-01T00:00:00Z', '1 stopped'],
      ['gone', false, undefined, 'its containers are gone, its image and record are kept'],
    ]);
    expect(why).toBe('new is live since 2026-01-02T00:00:00Z, healthy');
  });

  test('says when another release gets some of the requests', () => {
    const traffic = { slot: 'blue', release: 'new', splitWith: 'canary' } as const;
    expect(statusReport({ ...seen([container('web'), done]), traffic }).why).toMatch(
      /healthy; some of its requests go to canary, whose deploy goes on or was cut short$/,
    );
  });

  test('says when the live release is not whole, or was never accepted', () => {
    expect(statusReport(seen([container('web', { state: 'exited', exitCode: 1 }), done])).why).toMatch(
      /NOT healthy$/,
    );
    expect(statusReport({ ...seen([container('web'), done]), history: [] }).why).toBe(
      'new is live, but was never accepted, healthy',
    );
  });

  test('says when nobody leads requests to it', () => {
    const lost = { ...seen([container('web'), done]), edge: { state: 'absent' } } as const;
    expect(statusReport(lost).why).toMatch(/NOT healthy: its edge is absent$/);
  });

  test('of an empty host', () => {
    const empty = observe(emptyWorld(), 'ssh://b');
    expect(statusReport(empty)).toEqual({
      host: 'ssh://b',
      was: undefined,
      is: undefined,
      why: 'nothing is deployed here',
      kept: [],
    });
  });

  test('is an aligned table in the log', () => {
    expect(
      statusLines([
        statusReport(seen([container('web'), done])),
        statusReport(observe(emptyWorld(), 'ssh://b')),
      ]),
    ).toEqual([
      'ssh://a: new is live since 2026-01-02T00:00:00Z, healthy',
      '     release  commit   since                 by     condition',
      '  ●  new      abcdef0  2026-01-02T00:00:00Z  grace  1 of 1 running',
      '  ○  old      –        2026-01-01T00:00:00Z  ada    1 stopped',
      '  ○  gone     –        never accepted        –      its containers are gone, its image and record are kept',
      'ssh://b: nothing is deployed here',
    ]);
  });

  test('of a host with words of several lines keeps its rows', () => {
    const report = statusReport(seen([container('web'), done]));
    const lines = statusLines([
      { ...report, kept: report.kept.map((kept) => ({ ...kept, actor: 'eve\n::error::x' })) },
    ]);
    expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  });
});
