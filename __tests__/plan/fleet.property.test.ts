import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { acceptedRelease } from '../../src/model/history.ts';
import type { Release, ReleaseId, Role } from '../../src/model/release.ts';
import { planHost } from '../../src/plan/host.ts';
import { type Action, COMMITTED, type HostPlan, STAGES, type Step } from '../../src/plan/steps.ts';
import {
  act,
  die,
  emptyWorld,
  fingerprintOf,
  makeRelease,
  move,
  observe,
  slotIn,
  usually,
  type World,
} from './world.ts';

/** Services of the app; which of them exist, and in which role, changes from release to release. */
const SHAPES: readonly Readonly<Record<string, Role>>[] = [
  { web: 'served' },
  { web: 'served', api: 'internal', worker: 'worker' },
  { web: 'served', admin: 'served', worker: 'worker', mailer: 'worker' },
  { web: 'served', udp: 'exclusive' },
  { web: 'exclusive', api: 'internal', worker: 'worker' },
  { worker: 'worker', mailer: 'worker' },
];

interface Run {
  readonly shape: number;
  readonly version: number;
  readonly port: number;
  readonly strategy: 'blue-green' | 'recreate';
  /** Where the run ends: a share of its steps; undefined = it is let through. */
  readonly cut: Cut | undefined;
}

interface Cut {
  readonly at: number;
  readonly how: 'killed' | 'failed';
  /** Whether the step that failed had done its work all the same, or the one that was killed a part of it. */
  readonly half: boolean;
}

const run: fc.Arbitrary<Run> = fc.record({
  shape: fc.nat(SHAPES.length - 1),
  version: fc.nat(3),
  port: fc.constantFrom(8080, 8080, 8080, 9090),
  strategy: fc.constantFrom('blue-green', 'blue-green', 'recreate'),
  cut: fc.option(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      how: fc.constantFrom('killed', 'failed'),
      half: fc.boolean(),
    }),
    { nil: undefined },
  ),
});

/** A run whose release has ways in. */
const servedRun = run.filter(({ shape }) => Object.keys(SHAPES[shape] ?? {}).includes('web'));

const idOf = ({ shape, version, port }: Run): ReleaseId =>
  `${shape}${version}${port === 8080 ? 'a' : 'b'}00000`;
const releaseOf = (one: Run): Release => makeRelease(idOf(one), SHAPES[one.shape] ?? {}, { port: one.port });

/** The release that serves wholly now, if one does; of one without ways in: that is accepted and runs. */
function serving(world: World, releases: ReadonlyMap<ReleaseId, Release>): ReleaseId | undefined {
  const accepted = acceptedRelease(world.history);
  if (accepted !== undefined && releases.get(accepted)?.routes.length === 0) {
    const services = Object.keys(releases.get(accepted)?.services ?? {});
    return services.every((name) => world.running.get(accepted)?.has(name)) ? accepted : undefined;
  }
  const id = world.edge.state === 'running' ? world.traffic?.release : undefined;
  if (id === undefined || slotIn(world, id) !== world.traffic?.slot) return undefined;
  const needed = Object.values(releases.get(id)?.services ?? {}).filter(
    ({ role }) => role === 'served' || role === 'internal',
  );
  return needed.every(({ name }) => world.running.get(id)?.has(name)) ? id : undefined;
}

/** The same run, which fails where it was cut or half-way. */
const failed = (one: Run): Run => ({ ...one, cut: { at: 0.5, half: false, ...one.cut, how: 'failed' } });

function stepsOf(plan: HostPlan): readonly (Step & { readonly committed: boolean })[] {
  return STAGES.flatMap((stage) =>
    (plan[stage] ?? []).map((step) => ({ ...step, committed: COMMITTED.has(stage) })),
  );
}

function runningReleases(world: World): readonly ReleaseId[] {
  return [...world.running].filter(([, services]) => services.size > 0).map(([id]) => id);
}

interface Deploy {
  readonly plan: HostPlan;
  readonly finished: boolean;
  readonly undone: boolean;
}

/** Plans and carries out one run on the model, cut where it says; `watch` is called after every action. */
function deploy(
  world: World,
  one: Run,
  releases: Map<ReleaseId, Release>,
  watch: (action: Action) => void,
): Deploy {
  const release = releaseOf(one);
  releases.set(release.id, release);
  const plan = planHost(observe(world), {
    release,
    ...usually,
    strategy: { name: one.strategy },
    edge: fingerprintOf(release),
    keep: 3,
  });
  const steps = stepsOf(plan);
  const end = one.cut === undefined ? steps.length : Math.floor(one.cut.at * steps.length);
  for (const { action } of steps.slice(0, end)) {
    act(world, action, releases);
    watch(action);
  }
  const next = steps[end]?.action;
  if (one.cut?.how === 'killed' && one.cut.half && next?.kind === 'start') {
    move(world, next.release, next.slot, 1);
    watch(next);
  }
  if (one.cut?.how !== 'failed' || end === steps.length || steps[end]?.committed === true) {
    return { plan, finished: end === steps.length, undone: false };
  }
  // What the step that failed would do may have been done or not; its undo runs either way.
  const failed = steps[end];
  if (one.cut.half && failed !== undefined) {
    act(world, failed.action, releases);
    watch(failed.action);
  }
  for (const action of steps
    .slice(0, end + 1)
    .reverse()
    .flatMap((step) => step.undo)) {
    act(world, action, releases);
    watch(action);
  }
  return { plan, finished: false, undone: true };
}

describe('every plan, after any history of runs that succeeded, failed or were killed anywhere', () => {
  test('after every prefix, while a whole release served at the start and traffic moves blue-green, exactly one whole release serves', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), servedRun, (before, last) => {
        const world = emptyWorld();
        const releases = new Map<ReleaseId, Release>();
        for (const one of before) deploy(world, one, releases, () => undefined);
        const served = serving(world, releases);
        const hasWaysIn = served !== undefined && releases.get(served)?.routes.length !== 0;
        deploy(world, { ...last, strategy: 'blue-green' }, releases, (action) => {
          if (hasWaysIn) expect([action, serving(world, releases)]).not.toEqual([action, undefined]);
        });
      }),
      { numRuns: 3000 },
    );
  });

  test('traffic never goes to a release that was not checked', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 6 }), (runs) => {
        const world = emptyWorld();
        const releases = new Map<ReleaseId, Release>();
        for (const one of runs) {
          deploy(world, one, releases, () => {
            if (world.traffic !== undefined) expect(world.checked).toContain(world.traffic.release);
          });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a run that is let through leaves the wanted release, whole and alone; the next one with the same input has nothing to do', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 6 }), run, (before, last) => {
        const world = emptyWorld();
        const releases = new Map<ReleaseId, Release>();
        for (const one of before) deploy(world, one, releases, () => undefined);
        deploy(world, { ...last, cut: undefined }, releases, () => undefined);
        expect(serving(world, releases)).toBe(idOf(last));
        expect(runningReleases(world)).toEqual([idOf(last)]);
        expect(world.running.get(idOf(last))).toEqual(new Set(Object.keys(SHAPES[last.shape] ?? {})));
        expect(world.edge.fingerprint).toBe(fingerprintOf(releaseOf(last)) ?? '');
        expect(deploy(world, { ...last, cut: undefined }, releases, () => undefined).plan).toEqual({});
      }),
      { numRuns: 2000 },
    );
  });

  test('a run that fails anywhere ends on the release that served before, whole, with its workers, and the new one stopped', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            shape: fc.nat(SHAPES.length - 1),
            version: fc.nat(3),
            port: fc.constant(8080),
            strategy: fc.constantFrom('blue-green' as const, 'recreate' as const),
            cut: fc.constant(undefined),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        run,
        (before, last) => {
          const world = emptyWorld();
          const releases = new Map<ReleaseId, Release>();
          for (const one of before) deploy(world, one, releases, () => undefined);
          const served = serving(world, releases) ?? '';
          const failing = failed(last);
          if (!deploy(world, failing, releases, () => undefined).undone) return;
          expect(serving(world, releases)).toBe(served);
          expect(runningReleases(world)).toEqual([served]);
          expect(world.running.get(served)?.size).toBe(
            Object.keys(releases.get(served)?.services ?? {}).length,
          );
          expect(observe(world).accepted).toBe(served);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('a first deploy that fails leaves nothing running that was not before', () => {
    fc.assert(
      fc.property(run, (first) => {
        const world = emptyWorld();
        const failing = failed(first);
        if (!deploy(world, failing, new Map(), () => undefined).undone) return;
        expect(runningReleases(world)).toEqual([]);
        expect(world.edge.state).toBe('absent');
        expect(world.traffic).toBeUndefined();
      }),
    );
  });

  test('failing to mend the live release never stops what still runs of it, nor takes the traffic from it', () => {
    fc.assert(
      fc.property(run, fc.array(fc.nat(2), { minLength: 1 }), (one, dead) => {
        const world = emptyWorld();
        const releases = new Map<ReleaseId, Release>();
        deploy(world, { ...one, cut: undefined }, releases, () => undefined);
        const id = idOf(one);
        const services = [...(world.running.get(id) ?? [])];
        die(
          world,
          id,
          dead.map((index) => services[index % services.length] ?? ''),
        );
        const left = new Set(world.running.get(id));
        const traffic = world.traffic;
        deploy(world, failed(one), releases, () => {
          expect([...left].filter((service) => !world.running.get(id)?.has(service))).toEqual([]);
          expect(world.traffic).toEqual(traffic);
        });
        expect(observe(world).accepted).toBe(id);
      }),
      { numRuns: 500 },
    );
  });

  test('what died is mended by the next run of the same release', () => {
    fc.assert(
      fc.property(run, fc.nat(2), (one, dead) => {
        const world = emptyWorld();
        const releases = new Map<ReleaseId, Release>();
        deploy(world, { ...one, cut: undefined }, releases, () => undefined);
        const whole = new Set(world.running.get(idOf(one)));
        die(world, idOf(one), [[...whole][dead % whole.size] ?? '']);
        deploy(world, { ...one, cut: undefined }, releases, () => undefined);
        expect(world.running.get(idOf(one))).toEqual(whole);
        expect(serving(world, releases)).toBe(idOf(one));
      }),
      { numRuns: 500 },
    );
  });
});
