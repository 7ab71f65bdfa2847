import type { ObservedHost } from '../model/host.ts';
import { otherSlot, type ReleaseId, type ServiceName, type Slot } from '../model/release.ts';
import {
  hasAllContainers,
  inRole,
  isRunning,
  isWhole,
  liveRelease,
  missingAccessories,
  type Standing,
  servicesOf,
  strandedGoodRelease,
  superfluous,
} from './situation.ts';
import type { Action, HostPlan, StageName, Step } from './steps.ts';
import { blueGreen } from './strategies/blue-green.ts';
import { checkNew, startNew, step, stopOld } from './strategies/common.ts';
import { recreate } from './strategies/recreate.ts';
import type { Wanted } from './wanted.ts';

/** What a strategy is told of one host. It answers the stages from `start` to `switch`. */
export interface HostTask {
  readonly wanted: Wanted;
  readonly previous: Standing | undefined;
  readonly slot: Slot;
  /** How its containers come up: made by Compose, or started again because they all still exist in this slot. */
  readonly how: 'create' | 'start';
  /** Steps that make exactly the wanted release's domains and routes lead here; they belong right before the switch. */
  readonly openRoutes: readonly Step[];
}

/** One of these for each way traffic can move; a new strategy is a new file and a line in `STRATEGIES`. */
export type StrategyStages = Required<Pick<HostPlan, 'start' | 'check' | 'switch'>>;
export type StrategyPlanner = (task: HostTask) => StrategyStages;

const STRATEGIES: Readonly<Record<Wanted['strategy'], StrategyPlanner>> = {
  'blue-green': blueGreen,
  recreate,
};

/** The steps from what is observed on one host to the wanted release. No steps: it is there already. */
export function planHost(host: ObservedHost, wanted: Wanted): HostPlan {
  const { release } = wanted;
  const stranded = strandedGoodRelease(host);
  const goesBack = stranded !== undefined && host.traffic?.release !== release.id;
  const live = goesBack ? stranded : liveRelease(host);
  if (isDone(host, wanted, live, goesBack)) return {};

  const again = live?.id === release.id;
  const previous = again ? (goesBack ? undefined : stranded) : live;
  const slot = again
    ? (live.slot ?? 'blue')
    : previous?.slot === undefined
      ? 'blue'
      : otherSlot(previous.slot);
  const known = host.releases.find((observed) => observed.id === release.id);
  const how = hasAllContainers(known) && known?.slot === slot ? 'start' : 'create';
  const edge = edgeSteps(host, wanted, previous?.id ?? (again ? release.id : undefined));
  const task: HostTask = {
    wanted,
    previous,
    slot,
    how,
    openRoutes: [...edge.atSwitch, ...domainSteps(wanted, previous)],
  };

  return compact({
    pull: how === 'start' ? [] : [step({ kind: 'pull', release: release.id })],
    recover: recoverSteps(host, wanted, live, goesBack),
    prepare: [
      ...edge.early,
      ...accessorySteps(host, wanted, false),
      step(
        { kind: 'record', release: release.id },
        { kind: 'turned-back', release: release.id, previous: previous?.id },
      ),
    ],
    ...STRATEGIES[wanted.strategy](task),
    complete: [...accessorySteps(host, wanted, true), ...workerSteps(task)],
    accept: [
      step({
        kind: 'accept',
        release: release.id,
        previous: previous?.id ?? lastOther(host, release.id),
        event: wanted.event,
      }),
    ],
    retire: retireSteps(host, wanted, previous),
  });
}

function isDone(host: ObservedHost, wanted: Wanted, live: Standing | undefined, goesBack: boolean): boolean {
  const { release, edge } = wanted;
  const edgeIsRight =
    edge === undefined
      ? host.edge.state === 'absent'
      : host.edge.state === 'running' && host.edge.fingerprint === edge;
  return (
    !goesBack &&
    live?.id === release.id &&
    host.accepted === release.id &&
    live.observed !== undefined &&
    isWhole(live.observed) &&
    edgeIsRight &&
    !host.releases.some((other) => other.id !== release.id && isRunning(other)) &&
    missingAccessories(host, release, false).length === 0 &&
    missingAccessories(host, release, true).length === 0
  );
}

/** Mends what an interrupted run left: traffic on a release that was never accepted, releases that run beside. */
function recoverSteps(
  host: ObservedHost,
  wanted: Wanted,
  live: Standing | undefined,
  goesBack: boolean,
): readonly Step[] {
  const spared = new Set<ReleaseId | undefined>([
    live?.id,
    wanted.release.id,
    goesBack ? undefined : strandedGoodRelease(host)?.id,
  ]);
  const strays = host.releases.filter((release) => !spared.has(release.id) && isRunning(release));
  const back: Step[] = [];
  if (goesBack && live?.slot !== undefined && host.traffic !== undefined) {
    back.push(step({ kind: 'switch', release: live.id, slot: live.slot }));
    back.push(step({ kind: 'drain', release: host.traffic.release, slot: host.traffic.slot }));
  }
  const stops = strays.map((stray) =>
    step({ kind: 'stop', release: stray.id, services: servicesOf(stray), evidence: false }),
  );
  return [...back, ...stops];
}

interface EdgeSteps {
  readonly early: readonly Step[];
  readonly atSwitch: readonly Step[];
}

/** An edge that is missing is made early, so that a taken port is found first; one with other ports changes at the switch. */
function edgeSteps(host: ObservedHost, wanted: Wanted, servedNow: ReleaseId | undefined): EdgeSteps {
  const { release, edge } = wanted;
  if (edge === undefined) return { early: [], atSwitch: [] };
  const front: readonly Step[] =
    release.routes.some((route) => route.domains.length > 0) && !host.front
      ? [step({ kind: 'front', release: release.id }, { kind: 'remove-unused-front' })]
      : [];
  const change = (kind: 'create' | 'start' | 'replace', reason: string): Action => ({
    kind: 'edge',
    change: kind,
    release: release.id,
    reason,
  });
  if (host.edge.state === 'absent') {
    const undo: readonly Action[] = servedNow === undefined ? [{ kind: 'remove-edge' }] : [];
    const reason = servedNow === undefined ? 'first deploy' : 'the edge is gone';
    return { early: [...front, step(change('create', reason), ...undo)], atSwitch: [] };
  }
  if (host.edge.fingerprint !== edge) {
    const back: readonly Action[] =
      servedNow === undefined || servedNow === release.id
        ? []
        : [{ kind: 'edge', change: 'replace', release: servedNow, reason: 'back to the former ports' }];
    return { early: front, atSwitch: [step(change('replace', 'published ports have changed'), ...back)] };
  }
  const started = host.edge.state === 'stopped' ? [step(change('start', 'the edge was stopped'))] : [];
  return { early: [...front, ...started], atSwitch: [] };
}

function hasDomains(standing: Standing | undefined): boolean {
  return standing?.observed?.record?.routes.some((route) => route.domains.length > 0) ?? false;
}

function domainSteps(wanted: Wanted, previous: Standing | undefined): readonly Step[] {
  const { release } = wanted;
  const wantsDomains = release.routes.some((route) => route.domains.length > 0);
  if (!wantsDomains && !hasDomains(previous)) return [];
  return [step({ kind: 'domains', release: release.id }, { kind: 'domains', release: previous?.id })];
}

function accessorySteps(host: ObservedHost, wanted: Wanted, late: boolean): readonly Step[] {
  const services = missingAccessories(host, wanted.release, late);
  const firstTime = !late && host.releases.length === 0;
  return services.length > 0 || firstTime
    ? [step({ kind: 'accessories', release: wanted.release.id, services })]
    : [];
}

/** Workers change hands once the release has proven itself: the new ones start, then the old ones stop. */
function workerSteps(task: HostTask): readonly Step[] {
  const workers = inRole(task.wanted.release, 'worker');
  const old = inRole(task.previous?.observed?.record, 'worker');
  return [...startNew(task, workers), ...checkNew(task, workers), ...stopOld(task, old)];
}

function retireSteps(host: ObservedHost, wanted: Wanted, previous: Standing | undefined): readonly Step[] {
  const steps: Step[] = [];
  if (previous !== undefined) {
    if (previous.slot !== undefined && host.traffic !== undefined) {
      steps.push(step({ kind: 'drain', release: previous.id, slot: previous.slot }));
    }
    const services: readonly ServiceName[] = servicesOf(previous.observed);
    if (services.length > 0)
      steps.push(step({ kind: 'stop', release: previous.id, services, evidence: false }));
  }
  if (wanted.edge === undefined && host.edge.state !== 'absent') steps.push(step({ kind: 'remove-edge' }));
  const gone = superfluous(host, wanted.release.id, previous?.id, wanted.keep);
  if (gone.length > 0) steps.push(step({ kind: 'prune', releases: gone }));
  return steps;
}

function lastOther(host: ObservedHost, id: ReleaseId): ReleaseId | undefined {
  return [...host.history].reverse().find((entry) => entry.release === id && entry.event !== 'turned-back')
    ?.previous;
}

function compact(plan: Record<StageName, readonly Step[]> | HostPlan): HostPlan {
  return Object.fromEntries(
    Object.entries(plan).filter(([, steps]) => steps !== undefined && steps.length > 0),
  );
}
