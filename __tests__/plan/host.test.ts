import { describe, expect, test } from '@jest/globals';
import type { ObservedHost } from '../../src/model/host.ts';
import type { Release } from '../../src/model/release.ts';
import { changedAccessories } from '../../src/plan/accessories.ts';
import type { DesiredState } from '../../src/plan/desired-state.ts';
import { markRestartFailed } from '../../src/plan/failed-restarts.ts';
import { planHost } from '../../src/plan/host.ts';
import { deployed, Host, planned, SHOP, wanting } from './hosts.ts';
import { die, makeRelease, move, remove } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

describe('blue-green', () => {
  test('the first deploy makes the edge, and takes everything back that was not before', () => {
    expect(planned(new Host(), old)).toEqual([
      'pull: pull-images old',
      'prepare: create edge for old (first deploy) ↶ remove-edge',
      'prepare: accessories –',
      'prepare: record-release old ↶ rolled-back old after nothing',
      'start: create web,api of old in blue ↶ stop web,api of old',
      'check: check web,api of old',
      'switch: switch to old in blue ↶ clear blue ↶ drain old in blue',
      'complete: create jobs of old in blue ↶ stop jobs of old',
      'complete: check jobs of old',
      'final-check: final check of web,api,jobs of old',
      'accept: accepted old after nothing ↶ rolled-back old after nothing',
    ]);
  });

  test('the next one comes up in the other slot, and the old one stops once it is accepted', () => {
    expect(planned(deployed(old), next)).toEqual([
      'pull: pull-images new',
      'prepare: record-release new ↶ rolled-back new after old',
      'start: create web,api of new in green ↶ stop web,api of new',
      'check: check web,api of new',
      'switch: switch to new in green ↶ switch to old in blue ↶ drain new in green',
      'complete: create jobs of new in green ↶ stop jobs of new',
      'complete: check jobs of new',
      'complete: stop jobs of old ↶ start jobs of old in blue ↶ check jobs of old',
      'final-check: final check of web,api,jobs of new while old drains in blue',
      'accept: accepted new after old ↶ rolled-back new after old',
      'retire: drain old in blue',
      'retire: stop web,api,jobs of old',
    ]);
  });

  test('what is live and whole needs nothing', () => {
    expect(planned(deployed(old, next), next)).toEqual([]);
  });

  test('services that can not stand twice change hands at the switch; the traffic returns when they stand again', () => {
    const shape = { web: 'served', udp: 'exclusive' } as const;
    const plan = planHost(deployed(makeRelease('old', shape)).see(), wanting(makeRelease('new', shape)));
    expect(written({ switch: plan.switch ?? [] })).toEqual([
      'switch: stop udp of old ↶ start udp of old in blue ↶ check udp of old ↶ switch to old in blue ↶ drain new in green',
      'switch: create udp of new in green ↶ stop udp of new',
      'switch: check udp of new',
      'switch: switch to new in green',
    ]);
  });
});

describe('recreate', () => {
  test('stops the old release before the new one starts; taken back, the old one runs before it gets the traffic', () => {
    const plan = planHost(deployed(old).see(), wanting(next, { strategy: { name: 'recreate' } }));
    expect(written({ start: plan.start ?? [], check: plan.check ?? [], switch: plan.switch ?? [] })).toEqual([
      'start: stop web,api of old ↶ start web,api of old in blue ↶ check web,api of old ↶ switch to old in blue ↶ drain new in green',
      'start: create web,api of new in green ↶ stop web,api of new',
      'check: check web,api of new',
      'switch: switch to new in green',
    ]);
  });

  test('leaves the workers of the old release until the new one has proven itself', () => {
    expect(planned(deployed(old), next, { strategy: { name: 'recreate' } })).toContain(
      'complete: stop jobs of old ↶ start jobs of old in blue ↶ check jobs of old',
    );
  });

  test('of a release without record stops what containers there are', () => {
    const host = deployed(old);
    host.world.records.clear();
    expect(planned(host, next, { strategy: { name: 'recreate' } })[3]).toMatch(
      /^start: stop web,api,jobs of old ↶/,
    );
  });
});

describe('mending the live release', () => {
  test('starts what died, and a failure stops only that', () => {
    const host = deployed(old);
    die(host.world, 'old', ['api', 'jobs']);
    expect(planned(host, old)).toEqual([
      'prepare: record-release old ↶ rolled-back old after old',
      'start: start web,api of old in blue ↶ stop api of old',
      'check: check web,api of old',
      'switch: switch to old in blue',
      'complete: start jobs of old in blue ↶ stop jobs of old',
      'complete: check jobs of old',
      'final-check: final check of web,api,jobs of old',
      'accept: accepted old after nothing ↶ rolled-back old after old',
    ]);
  });

  test('gives what runs its restart policy back, where a killed run had taken it', () => {
    const host = deployed(old);
    const { releases, ...rest } = host.see();
    const off = releases.map((release) => ({
      ...release,
      containers: release.containers.map((container) => ({
        ...container,
        restartPolicyState: 'missing' as const,
      })),
    }));
    const plan = written(planHost({ ...rest, releases: off }, wanting(old)));
    expect(plan).toContain('start: start web,api of old in blue');
  });

  test('makes containers again that are gone', () => {
    const host = deployed(old);
    remove(host.world, 'old', 'web');
    const plan = planned(host, old);
    expect(plan).toContain('pull: pull-images old');
    expect(plan).toContain('start: create web,api of old in blue ↶ stop web of old');
  });

  test('keeps to the release that it once replaced', () => {
    const host = deployed(old, next);
    die(host.world, 'new', ['web']);
    expect(planned(host, next)).toContain('accept: accepted new after old ↶ rolled-back new after new');
  });

  test.each<[string, Partial<ObservedHost>, string]>([
    [
      'an edge that was stopped',
      { edge: { state: 'stopped', containerId: '', fingerprint: '8080' } },
      'prepare: start edge for old (the edge was stopped)',
    ],
    [
      'an edge that is gone',
      { edge: { state: 'absent' } },
      'prepare: create edge for old (the edge is gone)',
    ],
    [
      'an edge for other ports',
      { edge: { state: 'running', containerId: '', fingerprint: '1' } },
      'switch: replace edge for old (it was made for other routes)',
    ],
  ])('%s is mended without taking the traffic away when that fails', (_, changes, line) => {
    const plan = written(planHost(deployed(old).see(changes), wanting(old)));
    expect(plan).toContain(line);
    expect(plan).toContain('switch: switch to old in blue');
    expect(plan).toContain('pull: pull-images old');
  });
});

describe('after a run that was killed', () => {
  test('before the switch: its release is stopped, its containers are left for pruning', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'switch-traffic' });
    const plan = planned(host, third);
    expect(plan).toContain('recover: stop web,api,jobs of new');
    expect(plan).toContain('start: create web,api of third in green ↶ stop web,api of third');
    expect(plan).toContain('retire: prune new');
  });

  test('before the switch, the same release again: what stands is taken up', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'switch-traffic' });
    const plan = planned(host, next);
    expect(plan.filter((line) => line.startsWith('recover'))).toEqual([]);
    expect(plan).toContain('start: create web,api of new in green ↶ stop web,api of new');
  });

  describe('between switch and accept, while the good release still stands', () => {
    const host = (): Host => deployed(old).deploy(next, { killedBefore: 'accept-release' });
    const back = ['recover: switch to old in blue', 'recover: drain new in green'];

    test('it gets the traffic back before another is deployed', () => {
      const plan = planned(host(), third);
      expect(plan.slice(0, 3)).toEqual([...back, 'recover: stop web,api,jobs of new']);
      expect(plan).toContain('start: create web,api of third in green ↶ stop web,api of third');
      expect(plan).toContain(
        'switch: switch to third in green ↶ switch to old in blue ↶ drain third in green',
      );
      expect(plan).toContain('accept: accepted third after old ↶ rolled-back third after old');
    });

    test('and before the same one is tried again: a failure ends on the good one', () => {
      const plan = planned(host(), next);
      expect(plan.slice(0, 2)).toEqual(back);
      expect(plan).toContain('start: start web,api of new in green ↶ stop web,api of new');
      expect(plan).toContain('switch: switch to new in green ↶ switch to old in blue ↶ drain new in green');
      expect(plan).toContain('accept: accepted new after old ↶ rolled-back new after old');
    });

    test('and when it is itself wanted, the other one is stopped', () => {
      expect(planned(host(), old)).toEqual([
        ...back,
        'recover: stop web,api,jobs of new',
        'recover: start jobs of old in blue',
        'recover: check jobs of old',
        'prepare: record-release old ↶ rolled-back old after old',
        'start: start web,api of old in blue',
        'check: check web,api of old',
        'switch: switch to old in blue',
        'complete: start jobs of old in blue',
        'complete: check jobs of old',
        'final-check: final check of web,api,jobs of old',
        'accept: accepted old after nothing ↶ rolled-back old after old',
        'retire: prune new',
      ]);
    });

    test('but not while no edge runs that could be told', () => {
      const edge = { state: 'stopped', containerId: '', fingerprint: '8080' } as const;
      const plan = written(planHost(host().see({ edge }), wanting(third)));
      expect(plan.filter((line) => line.startsWith('recover: switch'))).toEqual([]);
      expect(plan).toContain(
        'switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue',
      );
    });
  });

  test('between switch and accept, when the good one no longer stands: what has the traffic is replaced', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'accept-release' });
    die(host.world, 'old', ['web']);
    const plan = planned(host, third);
    expect(plan).toContain('recover: stop web,api,jobs of old');
    expect(plan).toContain('switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue');
  });

  test('and nothing was ever accepted: what has the traffic is all there is, and stands again before it is replaced', () => {
    const host = deployed()
      .deploy(old, { killedBefore: 'accept-release' })
      .deploy(next, { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    const plan = planned(host, third);
    expect(plan).toContain('recover: start web,api of old in blue');
    expect(plan).toContain('switch: switch to third in green ↶ switch to old in blue ↶ drain third in green');
  });

  test('and another one was killed when it had stopped what has the traffic, while the good one no longer stands: it stands again', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'accept-release' });
    die(host.world, 'old', ['web']);
    host.deploy(makeRelease('other', SHOP), { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    const plan = planned(host, third);
    expect(plan).toContain('recover: start web,api of new in green');
    expect(plan).toContain('switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue');
  });

  test('after accept: the old release is stopped by the next run', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'drain-traffic' });
    const plan = planned(host, next);
    expect(plan[0]).toBe('recover: stop web,api,jobs of old');
    expect(plan).toContain('start: start web,api of new in green');
  });

  test('right before a start: what a restart of the engine would bring back is seen to', () => {
    const { releases, ...rest } = deployed(old, next).see();
    const left = releases.map((release) => ({
      ...release,
      containers: release.containers.map((container) =>
        container.state === 'running'
          ? container
          : { ...container, restartPolicyState: 'not-disabled' as const },
      ),
    }));
    expect(written(planHost({ ...rest, releases: left }, wanting(next)))[0]).toBe(
      'recover: stop web,api,jobs of old',
    );
  });
});

describe('a release without ways in', () => {
  const jobs = (id: string): Release => makeRelease(id, { jobs: 'worker' });

  test('needs no edge and no switch', () => {
    expect(planned(deployed(jobs('old')), jobs('new'))).toEqual([
      'pull: pull-images new',
      'prepare: record-release new ↶ rolled-back new after old',
      'complete: create jobs of new in green ↶ stop jobs of new',
      'complete: check jobs of new',
      'complete: stop jobs of old ↶ start jobs of old in blue ↶ check jobs of old',
      'final-check: final check of jobs of new',
      'accept: accepted new after old ↶ rolled-back new after old',
      'retire: stop jobs of old',
    ]);
  });

  test('removes the edge of the one before, and what that remembers of traffic', () => {
    expect(planned(deployed(old), jobs('new')).slice(-4)).toEqual([
      'retire: clear blue',
      'retire: drain old in blue',
      'retire: stop web,api,jobs of old',
      'retire: remove-edge',
    ]);
  });

  test('is followed by one that has some: a failure removes the edge again', () => {
    const plan = planned(deployed(jobs('old')), next);
    expect(plan).toContain('prepare: create edge for new (first published port) ↶ remove-edge');
    expect(plan).toContain('switch: switch to new in green ↶ clear green ↶ drain new in green');
  });
});

describe('published ports that change', () => {
  test('replace the edge right before the switch, and again when it is taken back', () => {
    const plan = planHost(deployed(old).see(), wanting(makeRelease('new', SHOP, { port: 9090 })));
    expect(written({ switch: plan.switch ?? [] })).toEqual([
      'switch: replace edge for new (published ports have changed) ↶ replace edge for old (as it was before)',
      'switch: switch to new in green ↶ switch to old in blue ↶ drain new in green',
    ]);
  });
});

describe('a rollback', () => {
  const back = { keep: Number.MAX_SAFE_INTEGER, command: 'rollback' } as const;

  test('starts the containers that still stand in the free slot: no pull', () => {
    expect(planned(deployed(old, next), old, back)).toEqual([
      'prepare: record-release old ↶ rolled-back old after new',
      'start: start web,api of old in blue ↶ stop web,api of old',
      'check: check web,api of old',
      'switch: switch to old in blue ↶ switch to new in green ↶ drain old in blue',
      'complete: start jobs of old in blue ↶ stop jobs of old',
      'complete: check jobs of old',
      'complete: stop jobs of new ↶ start jobs of new in green ↶ check jobs of new',
      'final-check: final check of web,api,jobs of old while new drains in green',
      'accept: accepted by rollback old after new ↶ rolled-back old after new',
      'retire: drain new in green',
      'retire: stop web,api,jobs of new',
    ]);
  });

  test('starts them in the other slot when they stand in the one that is live: no pull', () => {
    // old and third are both in blue: old must come to stand in green.
    const plan = planned(deployed(old, next, third), old, back);
    expect(plan).not.toContain('pull: pull-images old');
    expect(plan).toContain('start: start web,api of old in green ↶ stop web,api of old');
    expect(plan).toContain('complete: start jobs of old in green ↶ stop jobs of old');
  });

  test('starts them also where a move from one slot to the other was cut short', () => {
    const host = deployed(old, next, third);
    move(host.world, 'old', 'green', 1);
    expect(planned(host, old, back)).toContain('start: start web,api of old in green ↶ stop web,api of old');
  });

  test('makes the containers again when one of them is gone', () => {
    const host = deployed(old, next);
    remove(host.world, 'old', 'jobs');
    expect(planned(host, old, back)).toContain('start: create web,api of old in blue ↶ stop web,api of old');
  });

  test('pulls when the edge must be made, though the containers stand', () => {
    const host = deployed(old, next).see({ edge: { state: 'absent' } });
    expect(written(planHost(host, wanting(old, back)))).toContain('pull: pull-images old');
  });

  test('after a rollback leads to the release that was rolled back from', () => {
    expect(planned(deployed(old, next).deploy(old, back), next)).toContain(
      'accept: accepted new after old ↶ rolled-back new after old',
    );
  });
});

describe('without restart policies nobody can tell what was stopped from what died', () => {
  test('so what is accepted is started before anything else, as it is to run', () => {
    const host = deployed(old).deploy(next, { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    host.world.unrestarted.add('old');
    expect(planned(host, third).slice(0, 5)).toEqual([
      'recover: stop web,api,jobs of new',
      'recover: start web,api of old in blue',
      'recover: check web,api of old',
      'recover: switch to old in blue',
      'pull: pull-images third',
    ]);
  });

  test('but what died and has one is left to the release that mends it', () => {
    const host = deployed(old);
    die(host.world, 'old', ['web', 'api']);
    expect(planned(host, third)[0]).toBe('pull: pull-images third');
  });

  test('and what was tried in vain is not tried again', () => {
    const host = deployed(old).deploy(next, { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    host.world.unrestarted.add('old');
    const [seen = host.see()] = markRestartFailed(
      [host.see()],
      [{ host: 'ssh://one', release: 'old', error: undefined }],
    );
    const lines = written(planHost(seen, wanting(third)));
    expect(lines.slice(0, 2)).toEqual(['recover: stop web,api,jobs of new', 'pull: pull-images third']);
  });
});

describe('a replica that a killed run took from the list, to stop it,', () => {
  const roles = { web: 'served', admin: 'served' } as const;
  const update = { parallelism: 1, order: 'stop-first', delay: 0, monitor: 0 } as const;
  const three = (id: string): Release =>
    makeRelease(id, roles, {
      details: {
        web: { replicas: 3, update: { ...update, maxFailureRatio: 0, failureAction: 'rollback' } },
      },
    });
  const host = (): Host =>
    deployed(three('old')).deploy(three('new'), {
      strategy: { name: 'rolling' },
      killedAfter: 'balance-replicas',
    });
  const recovery = (one: Host, ...failed: readonly string[]): readonly string[] => {
    const failedRestarts = failed.map((release) => ({ host: 'ssh://one', release, error: undefined }));
    const [seen = one.see()] = markRestartFailed([one.see()], failedRestarts);
    return written(planHost(seen, wanting(three('third')))).filter((line) => line.startsWith('recover'));
  };

  test('is asked again', () => {
    expect(recovery(host())).toEqual(['recover: switch to old in blue']);
  });

  test('is left as it is, where nothing comes up of another service to which requests would be led', () => {
    const one = host();
    die(one.world, 'old', ['admin']);
    expect(recovery(one, 'old')).toEqual([]);
    remove(one.world, 'old', 'admin');
    expect(recovery(one)).toEqual([]);
  });

  test('and that was stopped stands again, although requests can not be led to all of its release', () => {
    const one = deployed(three('old')).deploy(three('new'), {
      strategy: { name: 'rolling' },
      killedAfter: 'stop-services',
    });
    remove(one.world, 'old', 'admin');
    expect(recovery(one)).toEqual([
      'recover: start web of old in blue',
      'recover: check web of old but 1 web',
    ]);
  });
});

describe('pruning', () => {
  const ids = ['r1', 'r2', 'r3', 'r4'];
  const host = (): Host => deployed(...ids.map((id) => makeRelease(id, SHOP)));
  const pruned = (one: Host, keep: number, release = next): string | undefined =>
    planned(one, release, { keep }).find((line) => line.startsWith('retire: prune'));

  test.each<[number, string | undefined]>([
    [5, undefined],
    [4, 'retire: prune r1'],
    [3, 'retire: prune r1,r2'],
    [2, 'retire: prune r1,r2,r3'],
    [1, 'retire: prune r1,r2,r3,r4'],
  ])('keeps %d releases, the new one among them', (keep, line) => {
    expect(pruned(host(), keep)).toBe(line);
  });

  test('takes releases that were never accepted first', () => {
    const one = host().deploy(third, { killedBefore: 'switch-traffic' });
    expect(pruned(one, 5)).toBe('retire: prune third');
  });

  describe('tries that failed', () => {
    const tried = (...names: readonly string[]): Host =>
      names.reduce(
        (one, id) => one.deploy(makeRelease(id, SHOP), { killedBefore: 'switch-traffic' }),
        host(),
      );
    const first = (one: Host, release = next): readonly string[] =>
      planned(one, release).filter((line) => line.startsWith('recover: prune'));

    test('go before there is to be room for the next one, but for the last: it is evidence', () => {
      expect(first(tried('t1'))).toEqual([]);
      expect(first(tried('t1', 't2', 't3'))).toEqual(['recover: prune t2']);
      expect(first(deployed(old))).toEqual([]);
    });

    test('stay when they are tried again, and when one has the traffic', () => {
      expect(first(tried('t1', 't2'), makeRelease('t1', SHOP))).toEqual([]);
      expect(
        first(
          host()
            .deploy(third, { killedBefore: 'accept-release' })
            .deploy(next, { killedBefore: 'start-services' }),
        ),
      ).toEqual([]);
    });

    test('stay where their record alone knows how an accessory was made', () => {
      const one = tried('t1', 't2');
      const { releases, accessories, ...seen } = one.see();
      const known = releases.map((each) =>
        each.id === 't1' && each.record !== undefined
          ? { ...each, record: { ...each.record, definitions: { db: 'postgres 18' } } }
          : each,
      );
      const [db] = deployed(makeRelease('old', SHOP, { base: { services: { db: {} } } })).see().accessories;
      const made = db === undefined ? [] : [{ ...db, definitionFingerprint: 'postgres 18' }];
      const pruned = (hosts: Partial<ObservedHost>): readonly string[] =>
        written(planHost({ ...seen, releases, accessories, ...hosts }, wanting(next))).filter((line) =>
          line.startsWith('recover: prune'),
        );
      expect(pruned({})).toEqual(['recover: prune t1']);
      expect(pruned({ releases: known, accessories: made })).toEqual([]);
    });
  });

  test('goes by the last acceptance: one that was rolled back to is young', () => {
    const one = host().deploy(makeRelease('r1', SHOP), { command: 'rollback', keep: 9 });
    expect(pruned(one, 3)).toBe('retire: prune r2,r3');
  });
});

describe('accessories', () => {
  const withBase = (base: Release['base'], lateAccessories: readonly string[] = [], id = 'new'): Release => ({
    ...makeRelease(id, SHOP, { base }),
    lateAccessories,
  });
  const steps = (host: Host, release: Release): readonly string[] =>
    planned(host, release).filter((line) => line.includes('accessories'));
  const base = { services: { db: {}, cache: {}, logs: {} } };

  test('that are missing come first, late ones once the release stands', () => {
    expect(steps(new Host(), withBase(base, ['logs']))).toEqual([
      'prepare: accessories db,cache',
      'complete: accessories logs',
    ]);
  });

  test('that are there are left alone, those that stopped are brought up', () => {
    const host = deployed(withBase(base, [], 'old'));
    expect(steps(host, withBase(base))).toEqual([]);
    host.world.accessories.delete('cache');
    expect(steps(host, withBase(base))).toEqual(['prepare: accessories cache']);
  });

  test('that ended are brought up again, unless something waits for their end and it was a good one', () => {
    const through = { setup: { condition: 'service_completed_successfully' } };
    const services = { setup: {}, db: { depends_on: through }, cache: {} };
    const host = deployed(withBase({ services }, [], 'old'));
    const planned = (exitCode: number): readonly string[] => {
      const accessories = host.see().accessories.map((each) => ({
        ...each,
        state: each.service === 'cache' ? each.state : ('exited' as const),
        exitCode,
      }));
      return written(planHost(host.see({ accessories }), wanting(withBase({ services })))).filter((line) =>
        line.includes('accessories'),
      );
    };
    // A database that somebody stopped has ended with 0 too.
    expect(planned(0)).toEqual(['prepare: accessories db']);
    expect(planned(1)).toEqual(['prepare: accessories setup,db']);
  });

  test('that are missing are mended though the release is live and whole', () => {
    const host = deployed(withBase(base));
    host.world.accessories.delete('db');
    expect(planned(host, withBase(base))).toContain('prepare: accessories db');
  });

  describe('whose definition has changed', () => {
    const withDb = (id: string, definition: string): Release => ({
      ...withBase({ services: { db: {} } }, [], id),
      definitions: { db: definition },
    });
    const before = withDb('old', 'postgres 17');
    const after = withDb('new', 'postgres 18');
    const seen = (definition: string): ObservedHost => {
      const host = deployed(before).see();
      return {
        ...host,
        accessories: host.accessories.map((each) => ({ ...each, definitionFingerprint: definition })),
      };
    };
    const lines = (host: ObservedHost, changes: Partial<DesiredState>): readonly string[] =>
      written(planHost(host, wanting(after, changes))).filter((line) => line.includes('accessories'));

    test('are told, and left alone', () => {
      expect(lines(seen('postgres 17'), {})).toEqual([]);
      expect(changedAccessories(seen('postgres 17'), after)).toEqual(['db']);
      expect(changedAccessories(seen('postgres 18'), after)).toEqual([]);
      expect(changedAccessories(deployed(before).see(), after)).toEqual([]);
    });

    test('are made anew when that is asked for, and as they were when the release is taken back', () => {
      expect(lines(seen('postgres 17'), { updateAccessories: true })).toEqual([
        'prepare: accessories db anew of new (their definition has changed) ↶ accessories db anew of old',
      ]);
      expect(lines(seen('postgres 18'), { updateAccessories: true })).toEqual([]);
    });

    test('are made as they were although releases that left them alone came in between', () => {
      const host = deployed(before, withDb('between', 'postgres 17.1')).see();
      const accessories = host.accessories.map((each) => ({ ...each, definitionFingerprint: 'postgres 17' }));
      expect(lines({ ...host, accessories }, { updateAccessories: true })).toEqual([
        'prepare: accessories db anew of new (their definition has changed) ↶ accessories db anew of old',
      ]);
    });

    test('are made anew and not started again where they fell over', () => {
      const host = seen('postgres 17');
      const accessories = host.accessories.map((each) => ({
        ...each,
        state: 'exited' as const,
        exitCode: 1,
      }));
      expect(lines({ ...host, accessories }, { updateAccessories: true })).toEqual([
        'prepare: accessories db anew of new (their definition has changed) ↶ accessories db anew of old',
      ]);
      expect(lines({ ...host, accessories }, {})).toEqual(['prepare: accessories db']);
    });

    test('that nobody remembers the former definition of stay as they become', () => {
      const host = seen('postgres 16');
      expect(lines(host, { updateAccessories: true })).toEqual([
        'prepare: accessories db anew of new (their definition has changed)',
      ]);
    });
  });

  test.each([
    ['a network', { networks: { mail: {} } }],
    ['a volume', { volumes: { uploads: {} } }],
  ])('%s that a release is the first to want is made for it', (_, objects) => {
    const host = deployed(withBase({ services: {} }, [], 'old'));
    expect(steps(host, withBase({ services: {}, ...objects }))).toEqual(['prepare: accessories –']);
    host.deploy(withBase({ services: {}, ...objects }));
    expect(steps(host, withBase({ services: {}, ...objects }, [], 'third'))).toEqual([]);
  });
});

describe('domains', () => {
  const open = (id: string): Release => {
    const made = makeRelease(id, SHOP);
    return { ...made, routes: made.routes.map((route) => ({ ...route, domains: ['shop.example.com'] })) };
  };
  const lines = (host: Host, release: Release): readonly string[] =>
    planned(host, release).filter((line) => /domains|front/.test(line));

  test('need the front, which goes again when a first deploy fails', () => {
    expect(lines(new Host(), open('new'))).toEqual([
      'prepare: ensure-front ↶ remove-unused-front',
      'switch: domains of new ↶ domains of nobody',
    ]);
  });

  test('follow the release, and return with the traffic', () => {
    expect(lines(deployed(open('old')), open('new'))).toEqual(['switch: domains of new ↶ domains of old']);
  });

  test('that are no longer wanted are closed, and the front goes if nobody needs it', () => {
    expect(lines(deployed(open('old')), next)).toEqual([
      'switch: domains of new ↶ domains of old',
      'retire: remove-unused-front',
    ]);
  });

  test('stay open while their release is mended', () => {
    const host = deployed(open('old'));
    die(host.world, 'old', ['api']);
    expect(lines(host, open('old'))).toEqual(['switch: domains of old ↶ domains of old']);
  });

  test('of a killed run are closed', () => {
    const host = deployed(old).deploy(open('new'), { killedBefore: 'accept-release' });
    expect(lines(host, third)).toEqual(['switch: domains of third ↶ domains of old']);
  });

  test('make a front that is gone a reason to deploy', () => {
    const host = deployed(open('old'));
    host.world.front = false;
    expect(lines(host, open('old'))[0]).toBe('prepare: ensure-front ↶ remove-unused-front');
  });
});
