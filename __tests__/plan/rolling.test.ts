import { describe, expect, test } from '@jest/globals';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release, Role, UpdateConfig } from '../../src/model/release.ts';
import { planHost } from '../../src/plan/host.ts';
import { releaseId } from '../support/identifiers.ts';
import { UPDATE } from '../support/usual.ts';
import { deployed, desiredState, Host, planned } from './hosts.ts';
import { crash, makeRelease, running } from './world.ts';
import { written } from './written.ts';

const strategy = { name: 'rolling' } as const;

const web = (id: ReleaseId, replicas: number, update: Partial<UpdateConfig> = {}): Release =>
  makeRelease(id, { web: 'served' }, { details: { web: { replicas, update: { ...UPDATE, ...update } } } });

/** The steps from `start` to `switch`, with their undo. */
const rolled = (old: Release, next: Release): readonly string[] =>
  planned(deployed(old), next, { strategy }).filter((line) => /^(start|check|switch): /.test(line));
const forwards = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line.split(' ↶ ')[0] ?? '').replace(/^\w+: /, ''));

describe('rolling', () => {
  test('start-first: a new replica starts and gets its part of the requests, then an old one stops', () => {
    expect(rolled(web(releaseId('old'), 3), web(releaseId('new'), 3))).toEqual([
      'start: create web 1-1 of new in green ↶ stop web 1-1 of new',
      'check: check web 1-1 of new',
      'switch: balance old in blue without 1 web, 1/3 to 1 web of new in green ↶ switch to old in blue ↶ drain web 1-1 of new in green',
      'switch: drain web 1-1 of old in blue',
      'switch: stop web 1-1 of old ↶ start web 1-1 of old in blue ↶ check web 1-1 of old',
      'switch: create web 1-2 of new in green ↶ stop web 2-2 of new',
      'switch: check web 1-2 of new',
      'switch: balance old in blue without 2 web, 2/3 to 2 web of new in green ↶ switch to old in blue ↶ drain web 1-2 of new in green',
      'switch: drain web 2-2 of old in blue',
      'switch: stop web 2-2 of old ↶ start web 2-2 of old in blue ↶ check web 2-2 of old',
      'switch: create web of new in green ↶ stop web 3-3 of new',
      'switch: check web of new',
      'switch: switch to new in green ↶ switch to old in blue ↶ drain web 1-3 of new in green',
    ]);
  });

  test('stop-first: an old replica stops, then a new one starts; a rollback stops the last new replica before it starts old ones', () => {
    expect(
      rolled(
        web(releaseId('old'), 2, { order: 'stop-first' }),
        web(releaseId('new'), 2, { order: 'stop-first' }),
      ),
    ).toEqual([
      'switch: balance old in blue without 1 web ↶ switch to old in blue',
      'switch: drain web 1-1 of old in blue',
      'switch: stop web 1-1 of old ↶ start web 1-1 of old in blue ↶ check web 1-1 of old',
      'switch: create web 1-1 of new in green ↶ stop web 1-1 of new',
      'switch: check web 1-1 of new',
      'switch: balance old in blue without 1 web, 1/2 to 1 web of new in green ↶ switch to old in blue ↶ drain web 1-1 of new in green',
      'switch: balance old in blue without 2 web, all to 1 web of new in green ↶ switch to old in blue ↶ drain web 1-1 of new in green',
      'switch: drain web 2-2 of old in blue',
      'switch: stop web 2-2 of old ↶ start web 2-2 of old in blue ↶ check web 2-2 of old',
      'switch: create web of new in green ↶ stop web 2-2 of new',
      'switch: check web of new',
      'switch: switch to new in green ↶ balance old in blue without 2 web, all to 1 web of new in green ↶ drain web 2-2 of new in green',
    ]);
  });

  test('a rolling deploy of one replica, or of all at a time, is blue-green', () => {
    for (const [old, next] of [
      [web(releaseId('old'), 1), web(releaseId('new'), 1)],
      [web(releaseId('old'), 3), web(releaseId('new'), 3, { parallelism: 0 })],
    ] as const) {
      expect(forwards(rolled(old, next))).toEqual([
        'create web of new in green',
        'check web of new',
        'switch to new in green',
      ]);
    }
  });

  test('a batch is watched before it counts, may fail in part, and is followed by a delay', () => {
    const next = web(releaseId('new'), 4, { parallelism: 2, delay: 10, monitor: 5, maxFailureRatio: 0.25 });
    expect(forwards(rolled(web(releaseId('old'), 4), next))).toEqual([
      'create web 1-2 of new in green',
      'check web 1-2 of new but 1 web',
      'monitor web 1-2 of new for 5 against nothing',
      'balance old in blue without 2 web, 1/2 to 2 web of new in green',
      'drain web 1-2 of old in blue',
      'stop web 1-2 of old',
      'delay web 1-2 of new for 10 against nothing',
      'create web of new in green',
      'check web of new but 1 web',
      'monitor web 1-4 of new for 5 against nothing',
      'switch to new in green',
    ]);
  });

  test('a first deploy starts all replicas at once', () => {
    const lines = planned(new Host(), web(releaseId('new'), 3), { strategy });
    expect(lines).toContain('start: create web of new in blue ↶ stop web of new');
  });

  test('an old release that does not run completely is replaced at once', () => {
    const host = deployed(web(releaseId('old'), 3));
    crash(host.world, releaseId('old'), ['web']);
    expect(planned(host, web(releaseId('new'), 3), { strategy })).toContain(
      'start: create web of new in green (all replicas at once: not all services of the old release run) ↶ stop web of new',
    );
  });

  test('a failing health check of the old release does not end the batches', () => {
    const { releases, ...rest } = deployed(web(releaseId('old'), 3)).see();
    const unwell = releases.map((release) => ({
      ...release,
      containers: release.containers.map((container) => ({ ...container, health: 'unhealthy' as const })),
    }));
    const plan = written(
      planHost({ ...rest, releases: unwell }, desiredState(web(releaseId('new'), 3), { strategy })),
    );
    expect(plan).toContain('start: create web 1-1 of new in green ↶ stop web 1-1 of new');
  });

  test('services whose routes change start with all replicas, beside the batches of the others', () => {
    const details = { web: { replicas: 2 }, admin: { replicas: 2 } };
    const old = makeRelease('old', { web: 'served', admin: 'worker' }, { details });
    const next = makeRelease('new', { web: 'served', admin: 'served' }, { details });
    expect(forwards(rolled(old, next))).toEqual([
      'create web 1-1,admin 1-2 of new in green',
      'check web 1-1,admin 1-2 of new',
      'balance old in blue without 1 web, 1/2 to 1 web of new in green',
      'drain web 1-1 of old in blue',
      'stop web 1-1 of old',
      'create web of new in green',
      'check web of new',
      'replace edge for new (published ports have changed)',
      'switch to new in green',
    ]);
  });

  test('stop-first workers are replaced one by one after the release is verified', () => {
    const details = { jobs: { replicas: 2, update: { ...UPDATE, order: 'stop-first' as const } } };
    const of = (id: ReleaseId): Release => makeRelease(id, { jobs: 'worker' }, { details });
    const lines = planned(deployed(of(releaseId('old'))), of(releaseId('new')), { strategy });
    expect(forwards(lines.filter((line) => line.startsWith('complete')))).toEqual([
      'stop jobs 1-1 of old',
      'create jobs 1-1 of new in green',
      'check jobs 1-1 of new',
      'stop jobs 2-2 of old',
      'create jobs of new in green',
      'check jobs of new',
    ]);
  });

  test.each([
    ['rolling', 'start-first', ['jobs 1-1,mail 1-1']],
    ['rolling', 'stop-first', ['jobs 1-1', 'mail 1-1']],
    ['blue-green', 'start-first', ['jobs 1-1,mail 1-1']],
  ] as const)(
    '%s, %s: a rollback does not wait for replicas that a killed run never created',
    (name, order, checked) => {
      const several = { replicas: 3, update: { ...UPDATE, order } };
      const details = { jobs: several, mail: several };
      const old = makeRelease('old', { web: 'served', jobs: 'worker', mail: 'worker' }, { details });
      const next = makeRelease('new', { web: 'served', jobs: 'worker' }, { details });
      const host = deployed(old);
      for (const service of ['jobs', 'mail'])
        host.world.containers.get(releaseId('old'))?.get(service)?.splice(1);
      const back = planned(host, next, { strategy: { name } }).flatMap((line) => line.split(' ↶ ').slice(1));
      expect(back.filter((each) => each.startsWith('check'))).toEqual(
        checked.map((which) => `check ${which} of old`),
      );
    },
  );

  describe('after a killed rolling deploy', () => {
    const cut = (old: Release, next: Release): Host =>
      deployed(old).deploy(next, { strategy, killedAfter: 'stop-services' });
    const recovery = (host: Host, release: Release): readonly string[] =>
      planned(host, release, { strategy })
        .filter((line) => line.startsWith('recover'))
        .map((line) => line.slice(9));

    test('the old release is completed and gets all requests', () => {
      const host = cut(web(releaseId('old'), 3), web(releaseId('new'), 3));
      expect(host.see().traffic).toEqual({ slot: 'blue', release: 'old', splitWith: 'new' });
      const back = [
        'start web of old in blue',
        'check web of old but 1 web',
        'switch to old in blue',
        'drain new in green',
      ];
      expect(recovery(host, web(releaseId('new'), 3))).toEqual(back);
      expect(recovery(host, web(releaseId('third'), 3))).toEqual([...back, 'stop web of new']);
    });

    test('after the switch, the old release gets the requests back although no replica of an internal service runs', () => {
      const of = (id: ReleaseId, role: Role): Release =>
        makeRelease(
          id,
          { web: role, api: 'internal' },
          { details: { api: { replicas: 2, update: { ...UPDATE, order: 'stop-first' } } } },
        );
      const host = deployed(of(releaseId('old'), 'served')).deploy(of(releaseId('new'), 'exclusive'), {
        strategy,
        killedBefore: 'final-check',
      });
      expect(host.see().traffic).toEqual({ slot: 'green', release: 'new' });
      expect(running(host.world, releaseId('old'), 'api')).toBe(0);
      expect(recovery(host, web(releaseId('third'), 1))).toEqual([
        'start api of old in blue',
        'check api of old but 1 api',
        'switch to old in blue',
        'drain new in green',
        'stop web,api of new',
      ]);
      host.world.unrestarted.add(releaseId('old'));
      expect(recovery(host, web(releaseId('third'), 1))).toContain('switch to old in blue');
    });

    test('before the first stop, the removed replica gets requests again', () => {
      const [old, next] = [
        web(releaseId('old'), 3, { order: 'stop-first' }),
        web(releaseId('new'), 3, { order: 'stop-first' }),
      ];
      const host = deployed(old).deploy(next, { strategy, killedAfter: 'balance-replicas' });
      expect(recovery(host, next)).toEqual(['switch to old in blue']);
      expect(recovery(host, old)).toEqual(['switch to old in blue']);
      expect(planned(host.deploy(old), old)).toEqual([]);
    });

    test('with stop-first, new replicas stop before old ones start', () => {
      const [old, next] = [
        web(releaseId('old'), 3, { order: 'stop-first' }),
        web(releaseId('new'), 3, { order: 'stop-first' }),
      ];
      const host = cut(old, next).deploy(next, { strategy, killedAfter: 'balance-replicas', times: 2 });
      expect(recovery(host, next)).toEqual([
        'balance old in blue',
        'drain new in green',
        'stop web of new',
        'start web of old in blue',
        'check web of old but 1 web',
        'switch to old in blue',
      ]);
    });
  });

  test('without an edge, replicas are replaced in batches and no traffic is switched', () => {
    const internal = (id: ReleaseId): Release => ({
      ...makeRelease(id, { app: 'internal' }, { details: { app: { replicas: 2 } } }),
      routes: [],
    });
    const host = deployed(internal(releaseId('old')));
    const lines = written(planHost(host.see(), desiredState(internal(releaseId('new')), { strategy })));
    expect(forwards(lines.filter((line) => /^(start|check|switch)/.test(line)))).toEqual([
      'create app 1-1 of new in green',
      'check app 1-1 of new',
      'stop app 1-1 of old',
      'create app of new in green',
      'check app of new',
    ]);
  });
});
