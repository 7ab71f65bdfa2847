import { describe, expect, test } from '@jest/globals';
import type { ObservedHost } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { changedAccessories } from '../../src/plan/accessories.ts';
import type { DesiredState } from '../../src/plan/desired-state.ts';
import { planHost } from '../../src/plan/host.ts';
import { checkProxiedPorts } from '../../src/plan/preflight.ts';
import { releaseId } from '../support/identifiers.ts';
import { deployed, desiredState, Host, planned, SHOP } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

describe('accessories', () => {
  const withBase = (
    base: Release['base'],
    lateAccessories: readonly string[] = [],
    id = releaseId('new'),
  ): Release => ({
    ...makeRelease(id, SHOP, { base }),
    lateAccessories,
  });
  const steps = (host: Host, release: Release): readonly string[] =>
    planned(host, release).filter((line) => line.includes('accessories'));
  const base = { services: { db: {}, cache: {}, logs: {} } };

  test('missing accessories start before the release, and those that depend on a released service after it', () => {
    expect(steps(new Host(), withBase(base, ['logs']))).toEqual([
      'prepare: ensure accessories db,cache',
      'complete: ensure accessories logs',
    ]);
  });

  describe('a proxy of the file', () => {
    const networks = { default: null, 'sealift-upstream': {} };
    const behind = (id: string, services: Release['base']['services'] = { proxy: { networks } }): Release => {
      const release = withBase({ services }, ['proxy'], releaseId(id));
      const upstream = { network: 'upstream', port: 80, names: ['web'] };
      return { ...release, routes: release.routes.map((route) => ({ ...route, upstream })) };
    };
    /** A host on which it was created with a definition and is on these networks. */
    const runs = (host: Host, definitionFingerprint: string, on: readonly string[]): ObservedHost => ({
      ...host.see(),
      accessories: host.see().accessories.map((each) => ({
        ...each,
        definitionFingerprint,
        networks: ['shop-test_default', ...on],
      })),
    });
    const lines = (host: ObservedHost, release: Release): readonly string[] =>
      written(planHost(host, desiredState(release))).filter((line) => /accessories|proxies/.test(line));

    test('starts as soon as the release has the traffic, before url is asked; what the release needs starts before', () => {
      expect(steps(new Host(), behind('new'))).toEqual([
        'prepare: ensure accessories –',
        'switch: ensure accessories proxy',
      ]);
      const needed = {
        ...behind('new'),
        conditions: [{ service: 'proxy', condition: 'service_started' as const }],
      };
      expect(steps(new Host(), { ...needed, lateAccessories: [] })).toEqual([
        'prepare: ensure accessories proxy',
      ]);
    });

    test('that runs is left alone by the next deploy', () => {
      const host = runs(deployed(behind('old')), 'same', ['shop-test-upstream']);
      expect(lines(host, behind('new'))).toEqual([]);
    });

    test('that does not reach the edge yet is recreated once, and a rollback gives it its former way', () => {
      const before = {
        ...withBase({ services: { proxy: {} } }, ['proxy'], releaseId('old')),
        definitions: { proxy: 'a' },
      };
      const host = runs(deployed(before), 'a', []);
      const tried = 'check: try-proxies new';
      const recreated =
        'switch: recreate accessories proxy of new (its way to the release has changed; refuses visitors until it runs again, about a second) ↶ recreate accessories proxy of old';
      expect(lines(host, behind('new'))).toEqual([tried, recreated]);
      expect(lines(runs(deployed(before, behind('mid')), 'b', ['shop-test-upstream']), before)).toEqual([
        expect.stringContaining('recreate accessories proxy of old'),
      ]);
    });

    test('that writes into a volume, has a fixed address or the network of the host is replaced without a trial, unless its image allows it', () => {
      const tries = (service: Release['base']['services'][string]): boolean => {
        const before = behind('old', { proxy: { networks } });
        const host = runs(deployed(before), 'a', []);
        const planned = lines(host, behind('new', { proxy: { networks, ...service } }));
        expect(planned.at(-1)).toContain('recreate accessories proxy');
        return planned.includes('check: try-proxies new');
      };
      const data = { type: 'volume', source: 'data', target: '/data' };
      expect(tries({})).toBe(true);
      expect(
        tries({
          volumes: [
            { ...data, read_only: true },
            { type: 'bind', source: '/run/docker.sock' },
          ],
        }),
      ).toBe(true);
      expect(tries({ volumes: [data] })).toBe(false);
      expect(tries({ image: 'caddy:2-alpine', volumes: [data] })).toBe(true);
      expect(tries({ image: 'jc21/nginx-proxy-manager:2', volumes: [data] })).toBe(false);
      expect(tries({ network_mode: 'host' })).toBe(false);
      expect(tries({ networks: { ...networks, default: { ipv4_address: '172.30.0.9' } } })).toBe(false);
    });

    test('that the release needs is tried before anything is replaced, and not while what it may lead to is missing', () => {
      const needed = (id: string, others: Release['base']['services'] = {}): Release => ({
        ...behind(id, { proxy: { networks }, ...others }),
        conditions: [{ service: 'proxy', condition: 'service_started' as const }],
        lateAccessories: Object.keys(others),
      });
      const host = runs(deployed(needed('old')), 'a', []);
      expect(lines(host, needed('new')).map((line) => line.split(' (')[0])).toEqual([
        'prepare: try-proxies new',
        'prepare: recreate accessories proxy of new',
      ]);
      expect(lines(host, needed('new', { logs: {} }))).not.toContain('prepare: try-proxies new');
    });

    test('that runs and is left alone must find the port to which it sends requests', () => {
      const before = behind('old');
      const moved = behind('new');
      const release = {
        ...moved,
        routes: moved.routes.map((route) => ({
          ...route,
          upstream: { network: 'upstream', port: 81, names: ['web'] },
        })),
        definitions: { proxy: 'b' },
      };
      const host = runs(deployed(before), 'a', ['shop-test-upstream']);
      expect(() => checkProxiedPorts(host, release, false)).toThrow(
        /proxy runs and sends requests to web:80, which this release does not have.*accessories: update/,
      );
      expect(() => checkProxiedPorts(host, release, true)).not.toThrow();
      expect(() => checkProxiedPorts(host, before, false)).not.toThrow();
    });

    test('that is in front of the live release must lead to a service of the next one, as long as the file has it', () => {
      const before = behind('old');
      const withoutWay = { ...before.base.services['proxy'], networks: { default: null } };
      const misled = withBase({ services: { proxy: withoutWay } }, ['proxy']);
      const host = runs(deployed(before), 'a', ['shop-test-upstream']);
      expect(() => checkProxiedPorts(host, misled, false)).toThrow(
        /proxy is in front of the live release, and in this checkout it leads to no released service: .*accessories: update/,
      );
      expect(() => checkProxiedPorts(host, misled, true)).not.toThrow();
      expect(() => checkProxiedPorts(host, withBase({ services: {} }), false)).not.toThrow();
    });
  });

  test('running accessories are left alone, and stopped ones are started', () => {
    const host = deployed(withBase(base, [], releaseId('old')));
    expect(steps(host, withBase(base))).toEqual([]);
    host.world.accessories.delete('cache');
    expect(steps(host, withBase(base))).toEqual(['prepare: ensure accessories cache']);
  });

  test('an accessory that ended is started again, unless a service waits for its end and it ended with 0', () => {
    const through = { setup: { condition: 'service_completed_successfully' } };
    const services = { setup: {}, db: { depends_on: through }, cache: {} };
    const host = deployed(withBase({ services }, [], releaseId('old')));
    const planned = (exitCode: number): readonly string[] => {
      const accessories = host.see().accessories.map((each) => ({
        ...each,
        state: each.service === 'cache' ? each.state : ('exited' as const),
        exitCode,
      }));
      return written(planHost(host.see({ accessories }), desiredState(withBase({ services })))).filter(
        (line) => line.includes('accessories'),
      );
    };
    // A database that somebody stopped has ended with 0 too.
    expect(planned(0)).toEqual(['prepare: ensure accessories db']);
    expect(planned(1)).toEqual(['prepare: ensure accessories setup,db']);
  });

  describe('an accessory that may end', () => {
    const release = {
      ...withBase({ services: { seed: {}, bucket: {} } }),
      accessoryEndings: { seed: 'maybe', bucket: 'always' },
    } as const;
    const whenEnded = (ended: readonly string[]): readonly string[] => {
      const host = deployed(release);
      const accessories = host
        .see()
        .accessories.map((each) => ({ ...each, state: 'exited' as const, exitCode: 0 }));
      const history = host.world.history.map((entry) => ({ ...entry, ended }));
      return written(planHost(host.see({ accessories, history }), desiredState(release)));
    };

    test('is done if it had ended when a release was accepted last', () => {
      expect(whenEnded(['seed'])).toEqual([]);
    });

    test('is started again if it ran then: a restart of the server stops a database with 0 too', () => {
      expect(whenEnded([])).toContain('prepare: ensure accessories seed');
    });
  });

  describe('an accessory between services of a release', () => {
    const shape = { web: 'served', login: 'internal', feed: 'internal', jobs: 'worker' } as const;
    const between = (id: string): Release => ({
      ...makeRelease(id, shape, {
        base: { services: { sync: {}, index: {}, db: {} } },
        details: { login: { oneShot: true } },
      }),
      accessoryRounds: [
        { after: ['login'], accessories: ['sync'] },
        { after: ['feed', 'login'], accessories: ['index'] },
      ],
    });
    const order = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => /^(prepare: ensure|start|check|complete)/.test(line));

    test('starts after the services that it needs, and before those that need it', () => {
      expect(order(planned(new Host(), between('new')))).toEqual([
        'prepare: ensure accessories db',
        'start: create login of new in blue ↶ stop login of new',
        'start: check login of new',
        'start: ensure accessories sync',
        'start: create feed,login of new in blue ↶ stop feed,login of new',
        'start: check feed,login of new',
        'start: ensure accessories index',
        'start: create web,login,feed of new in blue ↶ stop web,login,feed of new',
        'check: check web,login,feed of new',
        'complete: create jobs of new in blue ↶ stop jobs of new',
        'complete: check jobs of new',
      ]);
    });

    test('changes nothing of the order where it runs already', () => {
      const lines = order(planned(deployed(between('old')), between('new')));
      expect(lines.slice(0, 2)).toEqual([
        'start: create web,login,feed of new in green ↶ stop web,login,feed of new',
        'check: check web,login,feed of new',
      ]);
    });

    test('with recreate nothing of the new release starts before the old one has stopped', () => {
      const host = deployed(between('old'));
      host.world.accessories.delete('sync');
      const lines = order(planned(host, between('new'), { strategy: { name: 'recreate' } }));
      expect(lines.map((line) => line.replace(/ of (old|new).*/, ''))).toEqual([
        'start: stop web,feed',
        'start: create login',
        'start: check login',
        'start: ensure accessories sync',
        'start: create web,login,feed',
        'check: check web,login,feed',
        'complete: create jobs',
        'complete: check jobs',
        'complete: stop jobs',
      ]);
    });
  });

  test('a missing accessory is started although the release is live and complete', () => {
    const host = deployed(withBase(base));
    host.world.accessories.delete('db');
    expect(planned(host, withBase(base))).toContain('prepare: ensure accessories db');
  });

  describe('accessories whose definition has changed', () => {
    const withDb = (id: ReleaseId, definition: string): Release => ({
      ...withBase({ services: { db: {} } }, [], id),
      definitions: { db: definition },
    });
    const before = withDb(releaseId('old'), 'postgres 17');
    const after = withDb(releaseId('new'), 'postgres 18');
    const seen = (definition: string): ObservedHost => {
      const host = deployed(before).see();
      return {
        ...host,
        accessories: host.accessories.map((each) => ({ ...each, definitionFingerprint: definition })),
      };
    };
    const lines = (host: ObservedHost, changes: Partial<DesiredState>): readonly string[] =>
      written(planHost(host, desiredState(after, changes))).filter((line) => line.includes('accessories'));

    test('a changed accessory is found and left alone', () => {
      expect(lines(seen('postgres 17'), {})).toEqual([]);
      expect(changedAccessories(seen('postgres 17'), after)).toEqual(['db']);
      expect(changedAccessories(seen('postgres 18'), after)).toEqual([]);
      expect(changedAccessories(deployed(before).see(), after)).toEqual([]);
    });

    test('a changed accessory is recreated on request, and a rollback recreates its former definition', () => {
      expect(lines(seen('postgres 17'), { updateAccessories: true })).toEqual([
        'prepare: recreate accessories db of new (changed definition; does not answer until it runs again) ↶ recreate accessories db of old',
      ]);
      expect(lines(seen('postgres 18'), { updateAccessories: true })).toEqual([]);
    });

    test('a rollback finds the former definition although later releases had left the accessory alone', () => {
      const host = deployed(before, withDb(releaseId('between'), 'postgres 17.1')).see();
      const accessories = host.accessories.map((each) => ({ ...each, definitionFingerprint: 'postgres 17' }));
      expect(lines({ ...host, accessories }, { updateAccessories: true })).toEqual([
        'prepare: recreate accessories db of new (changed definition; does not answer until it runs again) ↶ recreate accessories db of old',
      ]);
    });

    test('a stopped accessory that is recreated is not started first', () => {
      const host = seen('postgres 17');
      const accessories = host.accessories.map((each) => ({
        ...each,
        state: 'exited' as const,
        exitCode: 1,
      }));
      expect(lines({ ...host, accessories }, { updateAccessories: true })).toEqual([
        'prepare: recreate accessories db of new (changed definition; does not answer until it runs again) ↶ recreate accessories db of old',
      ]);
      expect(lines({ ...host, accessories }, {})).toEqual(['prepare: ensure accessories db']);
    });

    test('an accessory without a known former definition is not recreated by a rollback', () => {
      const host = seen('postgres 16');
      expect(lines(host, { updateAccessories: true })).toEqual([
        'prepare: recreate accessories db of new (changed definition; does not answer until it runs again)',
      ]);
    });
  });

  test.each([
    ['a network', { networks: { mail: {} } }],
    ['a volume', { volumes: { uploads: {} } }],
  ])('%s that a release is the first to use is created', (_, objects) => {
    const host = deployed(withBase({ services: {} }, [], releaseId('old')));
    expect(steps(host, withBase({ services: {}, ...objects }))).toEqual(['prepare: ensure accessories –']);
    host.deploy(withBase({ services: {}, ...objects }));
    expect(steps(host, withBase({ services: {}, ...objects }, [], releaseId('third')))).toEqual([]);
  });
});
