import { describe, expect, test } from '@jest/globals';
import type { ObservedHost } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { planHost } from '../../src/plan/host.ts';
import { releaseId } from '../support/identifiers.ts';
import { deployed, desiredState, Host, planned, SHOP } from './hosts.ts';
import { crash, makeRelease, move, remove } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

describe('blue-green', () => {
  test('a first deploy creates the edge, and its undo removes everything that did not exist before', () => {
    expect(planned(new Host(), old)).toEqual([
      'pull: pull-images old',
      'prepare: try 8080',
      'prepare: create closed edge for old (first deploy: it opens when the release is live) ↶ remove-edge',
      'prepare: ensure accessories –',
      'prepare: record-release old ↶ rolled-back old after nothing',
      'start: create web,api of old in blue ↶ stop web,api of old',
      'check: check web,api of old',
      'switch: switch to old in blue ↶ clear blue ↶ drain old in blue',
      'switch: open edge for old (the release is live) ↶ remove-edge',
      'complete: create jobs of old in blue ↶ stop jobs of old',
      'complete: check jobs of old',
      'final-check: final check of web,api,jobs of old',
      'accept: accepted old after nothing ↶ rolled-back old after nothing',
    ]);
  });

  test('the next release starts in the other slot, and the old one stops after it is accepted', () => {
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

  test('a live and complete release needs no step', () => {
    expect(planned(deployed(old, next), next)).toEqual([]);
  });

  test('exclusive services are replaced right before the switch; a rollback starts the old ones before the traffic returns', () => {
    const shape = { web: 'served', udp: 'exclusive' } as const;
    const plan = planHost(deployed(makeRelease('old', shape)).see(), desiredState(makeRelease('new', shape)));
    expect(written({ switch: plan.switch ?? [] })).toEqual([
      'switch: stop udp of old ↶ start udp of old in blue ↶ check udp of old ↶ switch to old in blue ↶ drain new in green',
      'switch: create udp of new in green ↶ stop udp of new',
      'switch: check udp of new',
      'switch: switch to new in green',
    ]);
  });
});

describe('recreate', () => {
  test('the old release stops before the new one starts; a rollback starts it before it gets the traffic back', () => {
    const plan = planHost(deployed(old).see(), desiredState(next, { strategy: { name: 'recreate' } }));
    expect(written({ start: plan.start ?? [], check: plan.check ?? [], switch: plan.switch ?? [] })).toEqual([
      'start: stop web,api of old ↶ start web,api of old in blue ↶ check web,api of old ↶ switch to old in blue ↶ drain new in green',
      'start: create web,api of new in green ↶ stop web,api of new',
      'check: check web,api of new',
      'switch: switch to new in green',
    ]);
  });

  test('the workers of the old release run until the new release is verified', () => {
    expect(planned(deployed(old), next, { strategy: { name: 'recreate' } })).toContain(
      'complete: stop jobs of old ↶ start jobs of old in blue ↶ check jobs of old',
    );
  });

  test('a release without a record is stopped by its containers', () => {
    const host = deployed(old);
    host.world.records.clear();
    expect(planned(host, next, { strategy: { name: 'recreate' } })[3]).toMatch(
      /^start: stop web,api,jobs of old ↶/,
    );
  });
});

describe('repair of the live release', () => {
  test('crashed services are started, and a failure stops only those', () => {
    const host = deployed(old);
    crash(host.world, releaseId('old'), ['api', 'jobs']);
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

  test('running containers without their restart policy are started again to get it back', () => {
    const host = deployed(old);
    const { releases, ...rest } = host.see();
    const off = releases.map((release) => ({
      ...release,
      containers: release.containers.map((container) => ({
        ...container,
        restartPolicyState: 'missing' as const,
      })),
    }));
    const plan = written(planHost({ ...rest, releases: off }, desiredState(old)));
    expect(plan).toContain('start: start web,api of old in blue');
  });

  test('removed containers are created again', () => {
    const host = deployed(old);
    remove(host.world, releaseId('old'), 'web');
    const plan = planned(host, old);
    expect(plan).toContain('pull: pull-images old');
    expect(plan).toContain('start: create web,api of old in blue ↶ stop web of old');
  });

  test('the repaired release keeps the release that it replaced as its previous one', () => {
    const host = deployed(old, next);
    crash(host.world, releaseId('new'), ['web']);
    expect(planned(host, next)).toContain('accept: accepted new after old ↶ rolled-back new after new');
  });

  test.each<[string, Partial<ObservedHost>, string]>([
    [
      'a stopped edge',
      { edge: { state: 'stopped', containerId: '', fingerprint: '8080' } },
      'prepare: start edge for old (the edge was stopped)',
    ],
    ['a missing edge', { edge: { state: 'absent' } }, 'prepare: create edge for old (the edge is missing)'],
    [
      'an edge for other ports',
      { edge: { state: 'running', containerId: '', fingerprint: '1' } },
      'switch: replace edge for old (its routes differ)',
    ],
  ])('%s is repaired, and if that fails the traffic stays', (_, changes, line) => {
    const plan = written(planHost(deployed(old).see(changes), desiredState(old)));
    expect(plan).toContain(line);
    expect(plan).toContain('switch: switch to old in blue');
    expect(plan).toContain('pull: pull-images old');
  });
});

describe('a release without routes', () => {
  const jobs = (id: ReleaseId): Release => makeRelease(id, { jobs: 'worker' });

  test('a release of workers needs no edge and no switch', () => {
    expect(planned(deployed(jobs(releaseId('old'))), jobs(releaseId('new')))).toEqual([
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

  test('the edge of the release before is removed, and its slot is cleared', () => {
    expect(planned(deployed(old), jobs(releaseId('new'))).slice(-4)).toEqual([
      'retire: clear blue',
      'retire: drain old in blue',
      'retire: stop web,api,jobs of old',
      'retire: remove-edge',
    ]);
  });

  test('a later release with routes creates the edge, and a failure removes it', () => {
    const plan = planned(deployed(jobs(releaseId('old'))), next);
    expect(plan).toContain(
      'prepare: create closed edge for new (first published port: it opens when the release is live) ↶ remove-edge',
    );
    expect(plan).toContain('switch: switch to new in green ↶ clear green ↶ drain new in green');
  });
});

describe('a manual rollback', () => {
  const back = { keep: Number.MAX_SAFE_INTEGER, command: 'rollback' } as const;

  test('existing containers start in the free slot, without a pull', () => {
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

  test('existing containers in the live slot start in the other one, without a pull', () => {
    // old and third are both in blue: old must come to stand in green.
    const plan = planned(deployed(old, next, third), old, back);
    expect(plan).not.toContain('pull: pull-images old');
    expect(plan).toContain('start: start web,api of old in green ↶ stop web,api of old');
    expect(plan).toContain('complete: start jobs of old in green ↶ stop jobs of old');
  });

  test('existing containers start although an interrupted move has left them in both slots', () => {
    const host = deployed(old, next, third);
    move(host.world, releaseId('old'), 'green', 1);
    expect(planned(host, old, back)).toContain('start: start web,api of old in green ↶ stop web,api of old');
  });

  test('all containers are created if one of them was removed', () => {
    const host = deployed(old, next);
    remove(host.world, releaseId('old'), 'jobs');
    expect(planned(host, old, back)).toContain('start: create web,api of old in blue ↶ stop web,api of old');
  });

  test('images are pulled if the edge must be created, although the containers exist', () => {
    const host = deployed(old, next).see({ edge: { state: 'absent' } });
    expect(written(planHost(host, desiredState(old, back)))).toContain('pull: pull-images old');
  });

  test('a deploy after a rollback records the rolled-back release as the previous one', () => {
    expect(planned(deployed(old, next).deploy(old, back), next)).toContain(
      'accept: accepted new after old ↶ rolled-back new after old',
    );
  });
});

describe('services that do their work and end', () => {
  const shape = { web: 'served', migrate: 'internal', seed: 'worker' } as const;
  const details = { migrate: { oneShot: true }, seed: { mayEnd: true as const } };
  const first = makeRelease('first', shape, { details });
  const second = makeRelease('second', shape, { details });
  /** As `seed` had ended when a release was accepted; its containers are there or gone. */
  const afterSeed = (host: Host, gone: readonly string[] = []): ObservedHost => {
    const history = host.world.history.map((entry) => ({ ...entry, ended: ['seed'] }));
    const see = host.see({ history });
    return {
      ...see,
      releases: see.releases.map((release) => ({
        ...release,
        ended: ['migrate', 'seed'],
        containers: release.containers
          .filter(({ service }) => !gone.includes(service))
          .map((each) =>
            each.service === 'seed' ? { ...each, state: 'exited' as const, exitCode: 0 } : each,
          ),
      })),
    };
  };

  test('end before traffic moves, and are not watched after that', () => {
    const lines = planned(new Host(), first, { bake: 5 });
    expect(lines).toContain('start: create web,migrate of first in blue ↶ stop web,migrate of first');
    expect(lines).toContain('check: check web,migrate of first');
    expect(lines).toContain('bake: bake web of first for 5 against nothing');
    expect(lines).toContain('final-check: final check of web,seed of first');
  });

  test('a deploy of what is live has nothing to do, whether or not the ended containers still exist', () => {
    for (const gone of [[], ['migrate', 'seed']])
      expect(planHost(afterSeed(deployed(first), gone), desiredState(first))).toEqual({});
  });

  test('a rollback starts them no more, and needs no registry for one whose container is gone', () => {
    const host = afterSeed(deployed(first, second), ['migrate', 'seed']);
    const lines = written(planHost(host, desiredState(first, { command: 'rollback' })));
    expect(lines.filter((line) => /^(pull|start|check|complete|final-check):/.test(line))).toEqual([
      'start: start web of first in blue ↶ stop web of first',
      'check: check web of first',
      'final-check: final check of web of first while second drains in green',
    ]);
  });

  test('one that may end is started again if it ran when its release was accepted', () => {
    const lines = planned(deployed(first, second), first, { command: 'rollback' });
    expect(lines).toContain('complete: start seed of first in blue ↶ stop seed of first');
    expect(lines).toContain('start: start web of first in blue ↶ stop web of first');
  });

  test('one that may end has ended by itself only if its restart policy tells so', () => {
    const ended = (restartPolicyState: 'not-disabled' | undefined): ObservedHost => {
      const see = deployed(first).see();
      return {
        ...see,
        releases: see.releases.map((release) => ({
          ...release,
          containers: release.containers.map((each) =>
            each.service === 'seed'
              ? {
                  ...each,
                  state: 'exited' as const,
                  exitCode: 0,
                  ...(restartPolicyState && { restartPolicyState }),
                }
              : each,
          ),
        })),
      };
    };
    expect(planHost(ended('not-disabled'), desiredState(first))).toEqual({});
    expect(planHost(ended(undefined), desiredState(first))).not.toEqual({});
  });
});
