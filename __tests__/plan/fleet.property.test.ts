import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Action } from '../../src/plan/actions.ts';
import {
  failing,
  HostSimulation,
  idOf,
  isJob,
  killed,
  releaseOf,
  rolesOf,
  run,
  succeeding,
} from './histories.ts';
import {
  activeLists,
  crash,
  emptyWorld,
  fingerprintOf,
  observe,
  replicasOf,
  running,
  trafficOf,
} from './world.ts';

/** The edge that a release needs. */
const edgeOf = (simulation: HostSimulation, id: ReleaseId): string | undefined => {
  const release = simulation.releases.get(id);
  return release && fingerprintOf(release);
};

const history = fc.array(run, { maxLength: 6 });

describe('on one host, after any history of runs that succeeded, failed or were killed anywhere', () => {
  test('requests go only to containers that were checked since they started', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 6 }), (runs) => {
        const simulation = new HostSimulation(emptyWorld());
        for (const one of runs) {
          simulation.deploy(one, (action) => {
            // A release that has the traffic may get requests while it starts again: no other could answer them.
            if (!['switch-traffic', 'split-traffic', 'balance-replicas'].includes(action.kind)) return;
            const lists = activeLists(simulation.world).flatMap(({ addresses }) =>
              [...addresses.values()].flat(),
            );
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
        const simulation = new HostSimulation(emptyWorld(), before);
        const since: Action[] = [];
        simulation.deploy(succeeding(last), (action) => {
          since.push(action);
          if (action.kind !== 'accept-release') return;
          expect(since.slice(-2)).toMatchObject([{ kind: 'final-check', release: action.release }, action]);
          const checked = since.flatMap((each) => (each.kind === 'final-check' ? each.services : []));
          expect(new Set(checked)).toEqual(
            new Set(Object.keys(rolesOf(last)).filter((name) => !isJob(name))),
          );
        });
        if (since.length > 0) expect(since.map(({ kind }) => kind)).toContain('accept-release');
      }),
      { numRuns: 300 },
    );
  });

  test('a successful run leaves only the desired release running, with all its services; the same run again has nothing to do', () => {
    fc.assert(
      fc.property(history, run, (before, last) => {
        const simulation = new HostSimulation(emptyWorld(), before);
        simulation.deploy(succeeding(last));
        expect(simulation.serving).toBe(idOf(last));
        expect(simulation.runningReleases).toEqual([idOf(last)]);
        expect(simulation.isComplete(idOf(last))).toBe(true);
        expect(simulation.accepted).toBe(idOf(last));
        expect(trafficOf(simulation.world)?.splitWith).toBeUndefined();
        expect(simulation.world.edge.fingerprint).toBe(fingerprintOf(releaseOf(last)) ?? '');
        expect(simulation.deploy(succeeding(last)).plan).toEqual({});
      }),
      { numRuns: 600 },
    );
  });

  test('a run that fails anywhere ends on the complete release that served before, and the new one is stopped', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 4 }), run, (before, last) => {
        const simulation = new HostSimulation(emptyWorld(), before.map(succeeding));
        const served = simulation.serving;
        if (!simulation.deploy(failing(last)).undone) return;
        if (served === undefined) throw new Error('No release served before the run.');
        expect(simulation.serving).toBe(served);
        expect(simulation.runningReleases).toEqual([served]);
        expect(simulation.isComplete(served)).toBe(true);
        expect(simulation.accepted).toBe(served);
        expect(trafficOf(simulation.world)?.splitWith).toBeUndefined();
      }),
      { numRuns: 600 },
    );
  });

  test('a run that fails after a killed run ends on the complete release that was accepted before both', () => {
    fc.assert(
      fc.property(run, run, run, (first, second, last) => {
        const simulation = new HostSimulation(emptyWorld(), [succeeding(first)]);
        simulation.deploy(killed(second));
        const { accepted } = simulation;
        const replaced =
          accepted !== undefined &&
          trafficOf(simulation.world)?.release !== accepted &&
          (simulation.releases.get(accepted)?.routes ?? []).some(
            ({ service }) => running(simulation.world, accepted, service) === 0,
          );
        let restored = false;
        const { plan, undone, stage } = simulation.deploy(failing(last), (action) => {
          restored ||= action.kind === 'ensure-edge' && action.release === accepted;
        });
        // If recovery does not finish, the next run does it.
        if (!undone || stage === 'recover' || accepted === undefined) return;
        expect(trafficOf(simulation.world)?.splitWith).toBeUndefined();
        expect(simulation.accepted).toBe(accepted);
        // If the releases can't run side by side, the killed run's release keeps the traffic.
        if (replaced) return;
        expect([simulation.serving, simulation.isComplete(accepted)]).toEqual([accepted, true]);
        const edge = edgeOf(simulation, accepted);
        // If the run fails before it restores the edge, the next run does it.
        const restores = plan.prepare?.some(
          ({ action }) => action.kind === 'ensure-edge' && action.release === accepted,
        );
        if ((restored || !restores) && edge !== undefined)
          expect(simulation.world.edge.fingerprint).toBe(edge);
      }),
      { numRuns: 1000 },
    );
  });

  test('the accepted release is never removed', () => {
    fc.assert(
      fc.property(history, (runs) => {
        const simulation = new HostSimulation(emptyWorld());
        for (const one of runs) {
          const { accepted } = simulation;
          simulation.deploy(one, (action) => {
            if (accepted === undefined || simulation.accepted !== accepted) return;
            expect([action, simulation.world.records.has(accepted)]).toEqual([action, true]);
            expect(replicasOf(simulation.world, accepted).length).toBeGreaterThan(0);
          });
        }
      }),
      { numRuns: 400 },
    );
  });

  test('a first deploy that fails leaves nothing running', () => {
    fc.assert(
      fc.property(run, (first) => {
        const simulation = new HostSimulation(emptyWorld());
        if (!simulation.deploy(failing(first)).undone) return;
        expect(simulation.runningReleases).toEqual([]);
        expect(simulation.world.edge.state).toBe('absent');
        expect(trafficOf(simulation.world)).toBeUndefined();
      }),
    );
  });

  test('a failed repair of the live release neither stops its running services nor moves its traffic', () => {
    fc.assert(
      fc.property(run, fc.array(fc.nat(2), { minLength: 1 }), (one, crashed) => {
        const simulation = new HostSimulation(emptyWorld(), [succeeding(one)]);
        const { world } = simulation;
        const id = idOf(one);
        const services = Object.keys(rolesOf(one));
        crash(
          world,
          id,
          crashed.map((index) => services[index % services.length] ?? ''),
        );
        const left = services.filter((service) => running(world, id, service) > 0);
        const traffic = trafficOf(world);
        simulation.deploy(failing(one), () => {
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
      fc.property(run, fc.nat(20), (one, crashed) => {
        const simulation = new HostSimulation(emptyWorld(), [succeeding(one)]);
        const all = replicasOf(simulation.world, idOf(one));
        const victim = all[crashed % all.length];
        if (victim !== undefined) victim.running = false;
        simulation.deploy(succeeding(one));
        expect(simulation.isComplete(idOf(one))).toBe(true);
        expect(simulation.serving).toBe(idOf(one));
      }),
      { numRuns: 500 },
    );
  });
});
