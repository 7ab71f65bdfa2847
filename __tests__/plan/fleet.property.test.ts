import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Action } from '../../src/plan/actions.ts';
import { failing, idOf, killed, releaseOf, rolesOf, run, Story, whole } from './histories.ts';
import { asked, die, emptyWorld, fingerprintOf, observe, replicasOf, running, trafficOf } from './world.ts';

/** The edge that a release needs. */
const edgeOf = (story: Story, id: string): string | undefined => {
  const release = story.releases.get(id);
  return release && fingerprintOf(release);
};

const history = fc.array(run, { maxLength: 6 });

describe('on one host, after any history of runs that succeeded, failed or were killed anywhere', () => {
  test('requests go only to containers that were checked since they started', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 6 }), (runs) => {
        const story = new Story(emptyWorld());
        for (const one of runs) {
          story.deploy(one, (action) => {
            // What has the traffic and was stopped for a moment may get requests as it comes up again: nothing else could.
            if (!['switch-traffic', 'split-traffic', 'balance-replicas'].includes(action.kind)) return;
            const lists = asked(story.world).flatMap(({ addresses }) => [...addresses.values()].flat());
            const unchecked = lists.filter((each) => !each.checked);
            expect([action, unchecked]).toEqual([action, []]);
          });
        }
      }),
      { numRuns: 600 },
    );
  });

  test('every release is accepted right after a final check of all its services', () => {
    fc.assert(
      fc.property(history, run, (before, last) => {
        const story = new Story(emptyWorld(), before);
        const since: Action[] = [];
        story.deploy(whole(last), (action) => {
          since.push(action);
          if (action.kind !== 'accept-release') return;
          expect(since.slice(-2)).toMatchObject([{ kind: 'final-check', release: action.release }, action]);
          const looked = since.flatMap((each) => (each.kind === 'final-check' ? each.services : []));
          expect(new Set(looked)).toEqual(new Set(Object.keys(rolesOf(last))));
        });
        if (since.length > 0) expect(since.map(({ kind }) => kind)).toContain('accept-release');
      }),
      { numRuns: 300 },
    );
  });

  test('a successful run leaves only the desired release running, with all its services; the same run again has nothing to do', () => {
    fc.assert(
      fc.property(history, run, (before, last) => {
        const story = new Story(emptyWorld(), before);
        story.deploy(whole(last));
        expect(story.serving).toBe(idOf(last));
        expect(story.runningReleases).toEqual([idOf(last)]);
        expect(story.isWhole(idOf(last))).toBe(true);
        expect(story.accepted).toBe(idOf(last));
        expect(trafficOf(story.world)?.splitWith).toBeUndefined();
        expect(story.world.edge.fingerprint).toBe(fingerprintOf(releaseOf(last)) ?? '');
        expect(story.deploy(whole(last)).plan).toEqual({});
      }),
      { numRuns: 600 },
    );
  });

  test('a run that fails anywhere ends on the complete release that served before, and the new one is stopped', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), run, (before, last) => {
        const story = new Story(emptyWorld(), before.map(whole));
        const served = story.serving ?? '';
        if (!story.deploy(failing(last)).undone) return;
        expect(story.serving).toBe(served);
        expect(story.runningReleases).toEqual([served]);
        expect(story.isWhole(served)).toBe(true);
        expect(story.accepted).toBe(served);
        expect(trafficOf(story.world)?.splitWith).toBeUndefined();
      }),
      { numRuns: 600 },
    );
  });

  test('a run that fails after a killed run ends on the complete release that was accepted before both', () => {
    fc.assert(
      fc.property(run, run, run, (first, second, last) => {
        const story = new Story(emptyWorld(), [whole(first)]);
        story.deploy(killed(second));
        const good = story.accepted;
        const replaced =
          trafficOf(story.world)?.release !== good &&
          (story.releases.get(good ?? '')?.routes ?? []).some(
            ({ service }) => running(story.world, good ?? '', service) === 0,
          );
        let returned = false;
        const { plan, undone, stage } = story.deploy(failing(last), (action) => {
          returned ||= action.kind === 'ensure-edge' && action.release === good;
        });
        // Before the recovery is through nothing is promised but that the next run does it.
        if (!undone || stage === 'recover' || good === undefined) return;
        expect(trafficOf(story.world)?.splitWith).toBeUndefined();
        expect(story.accepted).toBe(good);
        // What a killed run has put in its place, since both could not stand, has the traffic and proves itself.
        if (replaced) return;
        expect([story.serving, story.isWhole(good)]).toEqual([good, true]);
        const edge = edgeOf(story, good);
        // A run that fails before it has made the edge of the good one again leaves that to the next.
        const returns = plan.prepare?.some(
          ({ action }) => action.kind === 'ensure-edge' && action.release === good,
        );
        if ((returned || !returns) && edge !== undefined) expect(story.world.edge.fingerprint).toBe(edge);
      }),
      { numRuns: 1000 },
    );
  });

  test('the accepted release is never removed', () => {
    fc.assert(
      fc.property(history, (runs) => {
        const story = new Story(emptyWorld());
        for (const one of runs) {
          const { accepted } = story;
          story.deploy(one, (action) => {
            if (accepted === undefined || story.accepted !== accepted) return;
            expect([action, story.world.records.has(accepted)]).toEqual([action, true]);
            expect(replicasOf(story.world, accepted).length).toBeGreaterThan(0);
          });
        }
      }),
      { numRuns: 400 },
    );
  });

  test('a first deploy that fails leaves nothing running', () => {
    fc.assert(
      fc.property(run, (first) => {
        const story = new Story(emptyWorld());
        if (!story.deploy(failing(first)).undone) return;
        expect(story.runningReleases).toEqual([]);
        expect(story.world.edge.state).toBe('absent');
        expect(trafficOf(story.world)).toBeUndefined();
      }),
    );
  });

  test('a failed repair of the live release neither stops its running services nor moves its traffic', () => {
    fc.assert(
      fc.property(run, fc.array(fc.nat(2), { minLength: 1 }), (one, dead) => {
        const story = new Story(emptyWorld(), [whole(one)]);
        const { world } = story;
        const id = idOf(one);
        const services = Object.keys(rolesOf(one));
        die(
          world,
          id,
          dead.map((index) => services[index % services.length] ?? ''),
        );
        const left = services.filter((service) => running(world, id, service) > 0);
        const traffic = trafficOf(world);
        story.deploy(failing(one), () => {
          expect(left.filter((service) => running(world, id, service) === 0)).toEqual([]);
          expect(trafficOf(world)).toEqual(traffic);
        });
        expect(observe(world).accepted).toBe(id);
      }),
      { numRuns: 500 },
    );
  });

  test('a deploy of the live release repairs a container of it that crashed', () => {
    fc.assert(
      fc.property(run, fc.nat(20), (one, dead) => {
        const story = new Story(emptyWorld(), [whole(one)]);
        const all = replicasOf(story.world, idOf(one));
        const victim = all[dead % all.length];
        if (victim !== undefined) victim.running = false;
        story.deploy(whole(one));
        expect(story.isWhole(idOf(one))).toBe(true);
        expect(story.serving).toBe(idOf(one));
      }),
      { numRuns: 500 },
    );
  });
});
