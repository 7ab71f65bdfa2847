import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ReleaseId, ServiceName } from '../../src/model/identifiers.ts';
import type { Release, ReleasedService } from '../../src/model/release.ts';
import { HostSimulation, idOf, type Run, rolesOf, run, sharedRun, succeeding } from './histories.ts';
import { activeLists, emptyWorld, running } from './world.ts';

const history = fc.array(run, { maxLength: 5 });
const parallelStrategy = fc.constantFrom('blue-green' as const, 'rolling' as const, 'canary' as const);

/** Whether every request is answered: every active list has containers for each route, and all of them run. */
function isAnswered(simulation: HostSimulation): boolean {
  const lists = activeLists(simulation.world);
  return (
    lists.length > 0 &&
    lists.every(({ release, addresses }) =>
      (simulation.releases.get(release)?.routes ?? [{ service: '' }]).every(({ service }) => {
        const containers = addresses.get(service) ?? [];
        return containers.length > 0 && containers.every((each) => each.running);
      }),
    )
  );
}

/** Whether a release has a route to an exclusive service, which can't answer all the time. */
const hasExclusiveRoute = (release: Release | undefined): boolean =>
  (release?.routes ?? []).some(({ service }) => release?.services[service]?.role === 'exclusive');

/** Releases that run side by side, after any simulation. */
describe('after every step of a plan and of its undo', () => {
  test('every request is answered by a running container, if it was so before', () => {
    fc.assert(
      fc.property(history, sharedRun, parallelStrategy, (before, last, strategy) => {
        const simulation = new HostSimulation(emptyWorld(), before);
        const exclusive = activeLists(simulation.world).some(({ release }) =>
          hasExclusiveRoute(simulation.releases.get(release)),
        );
        fc.pre(
          isAnswered(simulation) &&
            !exclusive &&
            (simulation.accepted === undefined ||
              !hasExclusiveRoute(simulation.releases.get(simulation.accepted))),
        );
        simulation.deploy({ ...last, strategy }, (action, stage, undo) => {
          expect([stage, undo, action, isAnswered(simulation)]).toEqual([stage, undo, action, true]);
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('blue-green: exactly one complete release serves', () => {
    fc.assert(
      fc.property(history, sharedRun, (before, last) => {
        const simulation = new HostSimulation(emptyWorld(), before);
        const { serving } = simulation;
        fc.pre(serving !== undefined && isAnswered(simulation));
        simulation.deploy({ ...last, strategy: 'blue-green' }, (action) => {
          expect([action, simulation.serving]).not.toEqual([action, undefined]);
        });
      }),
      { numRuns: 600 },
    );
  });

  test('canary: one or two complete releases serve, and the share of the new one only grows', () => {
    fc.assert(
      fc.property(history, sharedRun, (before, last) => {
        const simulation = new HostSimulation(emptyWorld(), before);
        const { serving } = simulation;
        fc.pre(serving !== undefined && isAnswered(simulation));
        let share = 0;
        let others: ReleaseId | undefined = serving;
        simulation.deploy({ ...last, strategy: 'canary' }, (action, stage, undo) => {
          // Recovery first leaves a release that a killed run switched to.
          if (stage === 'recover') others = simulation.serving;
          const lists = activeLists(simulation.world);
          const parts = lists.map(({ release }) => simulation.runs(release, 'served', 'internal'));
          expect([action, parts]).toEqual([action, lists.map(() => true)]);
          const { split } = simulation.world;
          if (split === undefined || !('canary' in split) || undo) return;
          expect(lists.map(({ release }) => release)).toEqual([idOf(last), others]);
          expect(split.share).toBeGreaterThanOrEqual(share);
          share = split.share;
        });
        if (last.cut === undefined && idOf(last) !== serving) expect(share).toBeLessThan(1);
      }),
      { numRuns: 600 },
    );
  });
});

describe('rolling', () => {
  interface Rolled extends ReleasedService {
    readonly before: number;
  }

  /** Services that are in both releases, keep running, and are not exclusive. */
  function rolledBetween(old: Release, next: Release): readonly Rolled[] {
    return Object.values(next.services).flatMap((service) => {
      const before = old.services[service.name];
      return before !== undefined &&
        !service.oneShot &&
        service.role !== 'exclusive' &&
        before.role === service.role
        ? [{ ...service, before: before.replicas }]
        : [];
    });
  }

  const routedReplicas = (simulation: HostSimulation, service: ServiceName): number =>
    activeLists(simulation.world).flatMap(({ addresses }) => addresses.get(service) ?? []).length;

  /** The running containers of a service in both releases. */
  const runningInBoth = (
    simulation: HostSimulation,
    ids: readonly ReleaseId[],
    service: ServiceName,
  ): number => ids.reduce((sum, id) => sum + running(simulation.world, id, service), 0);

  /** Deploys one release and another one on top of it, and calls `check` after every forward step. */
  function roll(
    first: Run,
    last: Run,
    check: (simulation: HostSimulation, rolled: Rolled, total: number, routed: number) => void,
  ): void {
    const simulation = new HostSimulation(emptyWorld(), [succeeding(first)]);
    const ids = [idOf(first), idOf(last)];
    fc.pre(ids[0] !== ids[1]);
    const old = simulation.releases.get(idOf(first));
    simulation.deploy({ ...last, strategy: 'rolling' }, (_, stage, undo) => {
      const next = simulation.releases.get(idOf(last));
      if (undo || old === undefined || next === undefined || stage === 'retire') return;
      for (const rolled of rolledBetween(old, next)) {
        const isRouted = next.routes.some(({ service }) => service === rolled.name);
        const total = runningInBoth(simulation, ids, rolled.name);
        check(simulation, rolled, total, isRouted ? routedReplicas(simulation, rolled.name) : total);
      }
    });
  }

  test('start-first: at least as many replicas get requests as before or after the deploy', () => {
    fc.assert(
      fc.property(sharedRun, sharedRun, (first, last) => {
        roll(first, last, (_, { update, before, replicas, role }, __, routed) => {
          if (update?.order === 'stop-first' || role === 'worker') return;
          expect(routed).toBeGreaterThanOrEqual(Math.min(before, replicas));
        });
      }),
      { numRuns: 600 },
    );
  });

  test('stop-first: at most as many replicas run as before or after, and only one batch of them is missing', () => {
    fc.assert(
      fc.property(run, run, (first, last) => {
        roll(first, last, (_, { update, before, replicas, role }, total, routed) => {
          // A single replica can't stop first without a gap.
          if (update?.order !== 'stop-first' || Math.max(before, replicas) === 1) return;
          expect(total).toBeLessThanOrEqual(Math.max(before, replicas));
          if (role === 'worker') return;
          const size = update.parallelism === 0 ? Number.POSITIVE_INFINITY : update.parallelism;
          expect(routed).toBeGreaterThanOrEqual(Math.max(1, Math.min(before, replicas) - size));
        });
      }),
      { numRuns: 600 },
    );
  });

  test('neither release gets more requests than its replicas of every service are enough for', () => {
    fc.assert(
      fc.property(sharedRun, sharedRun, (first, last) => {
        roll(first, last, (simulation, { name, update, before, replicas, role }) => {
          if (role === 'worker') return;
          const [list] = activeLists(simulation.world);
          // If one release gets all requests, the other gets none.
          const part = list?.release === idOf(last) ? 1 : (list?.share ?? 0);
          const [old, fresh] = [
            running(simulation.world, idOf(first), name),
            running(simulation.world, idOf(last), name),
          ];
          if (update?.order === 'stop-first') {
            if (part < 1) expect(old).toBeGreaterThan(0);
            if (part > 0) expect(fresh).toBeGreaterThan(0);
            return;
          }
          expect(fresh).toBeGreaterThanOrEqual(part * replicas - 1e-9);
          expect(old).toBeGreaterThanOrEqual((1 - part) * before - 1e-9);
        });
      }),
      { numRuns: 1000 },
    );
  });

  test('start-first: a replica of the old release runs until the new one is accepted', () => {
    fc.assert(
      fc.property(sharedRun, sharedRun, (first, last) => {
        const simulation = new HostSimulation(emptyWorld(), [succeeding(first)]);
        fc.pre(idOf(first) !== idOf(last) && last.update?.order !== 'stop-first');
        simulation.deploy({ ...last, strategy: 'rolling' }, () => {
          if (simulation.accepted !== idOf(first)) return;
          expect(running(simulation.world, idOf(first), 'web')).toBeGreaterThan(0);
        });
        expect(rolesOf(first)['web']).toBe('served');
      }),
      { numRuns: 300 },
    );
  });
});
