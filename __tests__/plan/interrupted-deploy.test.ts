import { describe, expect, test } from '@jest/globals';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { markRestartFailed } from '../../src/plan/failed-restarts.ts';
import { planHost } from '../../src/plan/host.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { deployed, desiredState, type Host, planned, SHOP } from './hosts.ts';
import { crash, makeRelease, remove } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

describe('after a killed run', () => {
  test('killed before the switch: another deploy stops the new release and prunes it later', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'switch-traffic' });
    const plan = planned(host, third);
    expect(plan).toContain('recover: stop web,api,jobs of new');
    expect(plan).toContain('start: create web,api of third in green ↶ stop web,api of third');
    expect(plan).toContain('retire: prune new');
  });

  test('killed before the switch: a deploy of the same release goes on with its containers', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'switch-traffic' });
    const plan = planned(host, next);
    expect(plan.filter((line) => line.startsWith('recover'))).toEqual([]);
    expect(plan).toContain('start: create web,api of new in green ↶ stop web,api of new');
  });

  test('killed before the switch: a release with post_start starts again as a whole, because that may not have run', () => {
    const services = { web: { post_start: [{ command: ['true'] }] }, api: {}, jobs: {} };
    const hooked = { ...next, compose: { services } };
    const host = deployed(old).deploy(hooked, { killedBefore: 'switch-traffic' });
    expect(planned(host, hooked).filter((line) => line.startsWith('recover'))).toEqual([
      'recover: stop web,api,jobs of new',
    ]);
  });

  test('where nothing but workers was live: the first published port opens after the switch', () => {
    const workers = { ...makeRelease('old', { jobs: 'worker' }), routes: [] };
    const update = { ...makeRelease('update', { jobs: 'worker' }), routes: [] };
    const host = deployed(workers).deploy(update, { killedBefore: 'accept-release' });
    const plan = planned(host, next);
    expect(plan.filter((line) => /edge|switch to/.test(line))).toEqual([
      'prepare: create closed edge for new (first published port: it opens when the release is live) ↶ remove-edge',
      'switch: switch to new in green ↶ clear green ↶ drain new in green',
      'switch: open edge for new (the release is live) ↶ remove-edge',
    ]);
  });

  describe('killed between switch and accept, while the accepted release still runs', () => {
    const host = (): Host => deployed(old).deploy(next, { killedBefore: 'accept-release' });
    const back = ['recover: switch to old in blue', 'recover: drain new in green'];

    test('the accepted release gets the traffic back before another release is deployed', () => {
      const plan = planned(host(), third);
      expect(plan.slice(0, 3)).toEqual([...back, 'recover: stop web,api,jobs of new']);
      expect(plan).toContain('start: create web,api of third in green ↶ stop web,api of third');
      expect(plan).toContain(
        'switch: switch to third in green ↶ switch to old in blue ↶ drain third in green',
      );
      expect(plan).toContain('accept: accepted third after old ↶ rolled-back third after old');
    });

    test('the accepted release gets the traffic back before the same release is tried again, and a failure ends on it', () => {
      const plan = planned(host(), next);
      expect(plan.slice(0, 2)).toEqual(back);
      expect(plan).toContain('start: start web,api of new in green ↶ stop web,api of new');
      expect(plan).toContain('switch: switch to new in green ↶ switch to old in blue ↶ drain new in green');
      expect(plan).toContain('accept: accepted new after old ↶ rolled-back new after old');
    });

    test('a deploy of the accepted release gives it the traffic back and stops the other release', () => {
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

    test('the traffic does not move while the edge is stopped', () => {
      const edge = { state: 'stopped', containerId: '', fingerprint: '8080' } as const;
      const plan = written(planHost(host().see({ edge }), desiredState(third)));
      expect(plan.filter((line) => line.startsWith('recover: switch'))).toEqual([]);
      expect(plan).toContain(
        'switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue',
      );
    });
  });

  test('killed between switch and accept, and the accepted release has crashed: the release with the traffic is replaced', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'accept-release' });
    crash(host.world, releaseId('old'), ['web']);
    const plan = planned(host, third);
    expect(plan).toContain('recover: stop web,api,jobs of old');
    expect(plan).toContain('switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue');
  });

  test('without an accepted release, the stopped release with the traffic is started before it is replaced', () => {
    const host = deployed()
      .deploy(old, { killedBefore: 'accept-release' })
      .deploy(next, { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    const plan = planned(host, third);
    expect(plan).toContain('recover: start web,api of old in blue');
    expect(plan).toContain('switch: switch to third in green ↶ switch to old in blue ↶ drain third in green');
  });

  test('if the accepted release has crashed and a second run was killed after it stopped the release with the traffic, that release is started', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'accept-release' });
    crash(host.world, releaseId('old'), ['web']);
    host.deploy(makeRelease('other', SHOP), { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    const plan = planned(host, third);
    expect(plan).toContain('recover: start web,api of new in green');
    expect(plan).toContain('switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue');
  });

  test('killed after accept: the next run stops the old release', () => {
    const host = deployed(old).deploy(next, { killedBefore: 'drain-traffic' });
    const plan = planned(host, next);
    expect(plan[0]).toBe('recover: stop web,api,jobs of old');
    expect(plan).toContain('start: start web,api of new in green');
  });

  test('a stopped release that a restart of the engine would start is stopped again', () => {
    const { releases, ...rest } = deployed(old, next).see();
    const left = releases.map((release) => ({
      ...release,
      containers: release.containers.map((container) =>
        container.state === 'running'
          ? container
          : { ...container, restartPolicyState: 'not-disabled' as const },
      ),
    }));
    expect(written(planHost({ ...rest, releases: left }, desiredState(next)))[0]).toBe(
      'recover: stop web,api,jobs of old',
    );
  });
});

describe('containers without a restart policy', () => {
  test('the accepted release is started first, because it may have been stopped by a killed run', () => {
    const host = deployed(old).deploy(next, { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    host.world.unrestarted.add(releaseId('old'));
    expect(planned(host, third).slice(0, 5)).toEqual([
      'recover: stop web,api,jobs of new',
      'recover: start web,api of old in blue',
      'recover: check web,api of old',
      'recover: switch to old in blue',
      'pull: pull-images third',
    ]);
  });

  test('a crashed release with a restart policy is not started before it is replaced', () => {
    const host = deployed(old);
    crash(host.world, releaseId('old'), ['web', 'api']);
    expect(planned(host, third)[0]).toBe('pull: pull-images third');
  });

  test('a release that could not be started is not started again in the same run', () => {
    const host = deployed(old).deploy(next, { strategy: { name: 'recreate' }, killedBefore: 'check-health' });
    host.world.unrestarted.add(releaseId('old'));
    const [seen = host.see()] = markRestartFailed(
      [host.see()],
      [{ host: hostName('ssh://one'), release: releaseId('old'), error: undefined }],
    );
    const lines = written(planHost(seen, desiredState(third)));
    expect(lines.slice(0, 2)).toEqual(['recover: stop web,api,jobs of new', 'pull: pull-images third']);
  });
});

describe('a replica that a killed run removed from the edge files', () => {
  const roles = { web: 'served', admin: 'served' } as const;
  const update = { parallelism: 1, order: 'stop-first', delay: 0, monitor: 0 } as const;
  const three = (id: ReleaseId): Release =>
    makeRelease(id, roles, {
      details: {
        web: { replicas: 3, update: { ...update, maxFailureRatio: 0, failureAction: 'rollback' } },
      },
    });
  const host = (): Host =>
    deployed(three(releaseId('old'))).deploy(three(releaseId('new')), {
      strategy: { name: 'rolling' },
      killedAfter: 'balance-replicas',
    });
  const recovery = (one: Host, ...failed: readonly ReleaseId[]): readonly string[] => {
    const failedRestarts = failed.map((release) => ({
      host: hostName('ssh://one'),
      release,
      error: undefined,
    }));
    const [seen = one.see()] = markRestartFailed([one.see()], failedRestarts);
    return written(planHost(seen, desiredState(three(releaseId('third'))))).filter((line) =>
      line.startsWith('recover'),
    );
  };

  test('the replica gets requests again', () => {
    expect(recovery(host())).toEqual(['recover: switch to old in blue']);
  });

  test('the replica stays without requests if another routed service has no running container', () => {
    const one = host();
    crash(one.world, releaseId('old'), ['admin']);
    expect(recovery(one, releaseId('old'))).toEqual([]);
    remove(one.world, releaseId('old'), 'admin');
    expect(recovery(one)).toEqual([]);
  });

  test('a stopped replica is started although another routed service has no container', () => {
    const one = deployed(three(releaseId('old'))).deploy(three(releaseId('new')), {
      strategy: { name: 'rolling' },
      killedAfter: 'stop-services',
    });
    remove(one.world, releaseId('old'), 'admin');
    expect(recovery(one)).toEqual([
      'recover: start web of old in blue',
      'recover: check web of old but 1 web',
    ]);
  });
});
