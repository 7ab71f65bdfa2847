import fc from 'fast-check';
import { lastAcceptedRelease } from '../../src/model/history.ts';
import type { ReleaseId, ServiceName } from '../../src/model/identifiers.ts';
import type { Release, ReleasedService, Role, UpdateConfig } from '../../src/model/release.ts';
import type { Strategy, StrategyName } from '../../src/model/strategy.ts';
import type { Action } from '../../src/plan/actions.ts';
import { planHost } from '../../src/plan/host.ts';
import { COMMITTED_STAGES, type HostPlan, STAGES, type StageName, type Step } from '../../src/plan/plan.ts';
import { releaseId } from '../support/identifiers.ts';
import { act } from './act.ts';
import {
  fingerprintOf,
  makeRelease,
  move,
  observe,
  replicasOf,
  running,
  slotIn,
  up,
  usually,
  type World,
} from './world.ts';

/** Random runs on one host. Each of them succeeds, fails, or is killed anywhere. */

/** The services of the app and their roles; they change from release to release. */
const SHAPES: readonly Readonly<Record<ServiceName, Role>>[] = [
  { web: 'served' },
  { web: 'served', api: 'internal', worker: 'worker' },
  { web: 'served', admin: 'served', worker: 'worker', mailer: 'worker' },
  { web: 'served', udp: 'exclusive' },
  { web: 'exclusive', api: 'internal', worker: 'worker' },
  { worker: 'worker', mailer: 'worker' },
  // `migrate` does its work and ends; `seed` may.
  { web: 'served', migrate: 'internal', seed: 'worker' },
];

const ENDINGS: Readonly<Record<ServiceName, Partial<Pick<ReleasedService, 'oneShot' | 'mayEnd'>>>> = {
  migrate: { oneShot: true },
  seed: { mayEnd: true },
};

/** Services of a run that do their work and end. */
export const isJob = (name: ServiceName): boolean => ENDINGS[name]?.oneShot === true;

export interface Run {
  readonly shape: number;
  readonly version: number;
  readonly port: number;
  readonly strategy: StrategyName;
  /** Of `web`, if it is not exclusive. */
  readonly replicas: number;
  readonly update: Update | undefined;
  /** Of every other service that is not exclusive; `undefined`: as `web`. */
  readonly others: { readonly replicas: number; readonly update: Update | undefined } | undefined;
  readonly bake: number;
  /** Whether the containers have a restart policy. */
  readonly restart: boolean;
  /** Where the run ends; `undefined`: it succeeds. */
  readonly cut: Cut | undefined;
}

type Update = Pick<UpdateConfig, 'parallelism' | 'order' | 'monitor' | 'maxFailureRatio'>;

interface Cut {
  readonly at: number;
  readonly how: 'killed' | 'failed';
  /** Whether the step that fails takes effect all the same, or the step that is killed takes effect in part. */
  readonly half: boolean;
  /** The share of the undo actions after which a failing run is killed. */
  readonly back?: number | undefined;
  /** Ends right after a step of this kind, if the run has any. */
  readonly after?: Action['kind'] | undefined;
}

const detail = {
  replicas: fc.constantFrom(1, 2, 3, 3, 5),
  update: fc.option(
    fc.record({
      parallelism: fc.nat(3),
      order: fc.constantFrom('start-first', 'stop-first'),
      monitor: fc.constantFrom(0, 5),
      maxFailureRatio: fc.constantFrom(0, 0, 0.5),
    }),
    { nil: undefined },
  ),
};

export const run: fc.Arbitrary<Run> = fc.record({
  shape: fc.nat(SHAPES.length - 1),
  version: fc.nat(3),
  port: fc.constantFrom(8080, 8080, 8080, 9090),
  strategy: fc.constantFrom<StrategyName>('blue-green', 'rolling', 'rolling', 'canary', 'recreate'),
  ...detail,
  others: fc.option(fc.record(detail), { nil: undefined }),
  bake: fc.constantFrom(0, 10),
  restart: fc.boolean(),
  cut: fc.option(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      how: fc.constantFrom('killed', 'failed'),
      half: fc.boolean(),
      back: fc.option(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { nil: undefined }),
      after: fc.constantFrom<(Action['kind'] | undefined)[]>(undefined, undefined, 'balance-replicas'),
    }),
    { nil: undefined },
  ),
});

export const rolesOf = ({ shape }: Pick<Run, 'shape'>): Readonly<Record<ServiceName, Role>> =>
  SHAPES[shape] ?? {};

/** A run whose release has routes, none of them to an exclusive service. */
export const sharedRun = run.filter((one) => rolesOf(one)['web'] === 'served');

/** The same run, succeeding. */
export const succeeding = (one: Run): Run => ({ ...one, cut: undefined });
/** The same run, failing where it was cut or half-way. */
export const failing = (one: Run): Run => ({
  ...one,
  cut: { at: 0.5, half: false, ...one.cut, how: 'failed', back: undefined },
});

/** The same run, killed where it was cut, also during its rollback. */
export const killed = (one: Run): Run => ({
  ...one,
  cut: { at: 0.5, half: false, ...one.cut, how: one.cut?.back === undefined ? 'killed' : 'failed' },
});

export const idOf = ({ shape, version, port, replicas, update, others, restart }: Run): ReleaseId =>
  releaseId(
    [
      shape,
      version,
      port,
      ...[{ replicas, update }, ...(others === undefined ? [] : [others])].map(written),
      ...(restart ? [] : ['no']),
    ].join('-'),
  );
const written = ({ replicas, update }: Pick<Run, 'replicas' | 'update'>): string =>
  [replicas, ...Object.values(update ?? {})].join('.');

export function releaseOf(one: Run): Release {
  const several = Object.entries(rolesOf(one)).filter(([, role]) => role !== 'exclusive');
  return makeRelease(idOf(one), rolesOf(one), {
    port: one.port,
    details: Object.fromEntries(
      several.map(([name]) => [
        name,
        { ...detailOf(name === 'web' ? one : (one.others ?? one)), ...ENDINGS[name] },
      ]),
    ),
  });
}

const detailOf = ({
  replicas,
  update,
}: Pick<Run, 'replicas' | 'update'>): Pick<ReleasedService, 'replicas' | 'update'> => ({
  replicas,
  update: update && { ...update, delay: 1, failureAction: 'rollback' },
});

/** The strategy of the run, if the release can do it. */
export function strategyOf(one: Run): Strategy {
  if (one.strategy !== 'canary') return { name: one.strategy };
  if (rolesOf(one)['web'] !== 'served') return { name: 'blue-green' };
  return {
    name: 'canary',
    steps: [
      { share: 0.05, duration: 1 },
      { share: 0.5, duration: 0 },
      { share: 1, duration: 1 },
    ],
  };
}

export interface PlannedStep extends Step {
  readonly stage: StageName;
}

export const stepsOf = (plan: HostPlan): readonly PlannedStep[] =>
  STAGES.flatMap((stage) => (plan[stage] ?? []).map((step) => ({ ...step, stage })));

/** The number of steps that a run does. */
function endOf(steps: readonly PlannedStep[], { at, after }: Cut): number {
  const ends = steps.flatMap(({ action }, index) => (action.kind === after ? [index + 1] : []));
  return ends[Math.floor(at * ends.length)] ?? Math.floor(at * steps.length);
}

export interface Deploy {
  readonly plan: HostPlan;
  readonly undone: boolean;
  /** The stage in which the run ended early. */
  readonly stage: StageName | undefined;
}

/** Called after each action. */
export type OnAction = (action: Action, stage: StageName, undo: boolean) => void;

export class HostSimulation {
  readonly world: World;
  readonly releases = new Map<ReleaseId, Release>();

  constructor(world: World, runs: readonly Run[] = []) {
    this.world = world;
    for (const one of runs) this.deploy(one);
  }

  /** Plans one run and performs it on the model, as far as it goes. */
  deploy(one: Run, onAction: OnAction = () => undefined): Deploy {
    const release = releaseOf(one);
    this.releases.set(release.id, release);
    if (!one.restart) this.world.unrestarted.add(release.id);
    const plan = planHost(observe(this.world), {
      release,
      ...usually,
      strategy: strategyOf(one),
      edgeFingerprint: fingerprintOf(release),
      keep: 3,
      bake: one.bake,
    });
    const steps = stepsOf(plan);
    const end = one.cut === undefined ? steps.length : endOf(steps, one.cut);
    const perform = (action: Action, stage: StageName, undo: boolean): void => {
      act(this.world, action, this.releases);
      onAction(action, stage, undo);
    };
    for (const { action, stage } of steps.slice(0, end)) perform(action, stage, false);
    const next = steps[end];
    if (next === undefined) return { plan, undone: false, stage: undefined };
    if (one.cut?.how === 'killed' && one.cut.half && next.action.kind === 'start-services') {
      move(this.world, next.action.release, next.action.slot, 1);
      onAction(next.action, next.stage, false);
    }
    if (one.cut?.how !== 'failed' || COMMITTED_STAGES.has(next.stage))
      return { plan, undone: false, stage: next.stage };
    // The undo of the step that failed runs as well, whether it took effect or not.
    if (one.cut.half) perform(next.action, next.stage, false);
    const undos = steps
      .slice(0, end + 1)
      .reverse()
      .flatMap(({ undo, stage }) => undo.map((action) => ({ action, stage })));
    const { back = 1 } = one.cut;
    for (const { action, stage } of undos.slice(0, Math.floor(back * undos.length)))
      perform(action, stage, true);
    return { plan, undone: back === 1, stage: next.stage };
  }

  get accepted(): ReleaseId | undefined {
    return lastAcceptedRelease(this.world.history);
  }

  /** Whether all replicas of a release's services in these roles run. */
  runs(id: ReleaseId, ...roles: readonly Role[]): boolean {
    const services = Object.values(this.releases.get(id)?.services ?? {});
    return services.every(
      ({ name, role, replicas }) => !roles.includes(role) || up(this.world, id, name) >= replicas,
    );
  }

  isComplete(id: ReleaseId): boolean {
    return this.runs(id, 'served', 'internal', 'worker', 'exclusive');
  }

  /** The release that serves completely now. Without traffic: the accepted one, if it has no routes and runs. */
  get serving(): ReleaseId | undefined {
    const { world, accepted } = this;
    const { split } = world;
    if (world.edge.state !== 'running' || split === undefined) {
      const alone = accepted !== undefined && this.releases.get(accepted)?.routes.length === 0;
      return alone && this.isComplete(accepted) ? accepted : undefined;
    }
    if (!('to' in split)) return undefined;
    const list = world.lists.get(split.to);
    if (list === undefined || slotIn(world, list.release) !== split.to) return undefined;
    const own = [...list.addresses].every(([service, addresses]) => {
      const all = replicasOf(world, list.release, service);
      return addresses.length === all.length && addresses.every((each) => all.includes(each));
    });
    return own && this.runs(list.release, 'served', 'internal') ? list.release : undefined;
  }

  get runningReleases(): readonly ReleaseId[] {
    return [...this.world.containers.keys()].filter((id) => running(this.world, id) > 0);
  }
}
