import { isDeepStrictEqual } from 'node:util';
import type { ServiceName } from '../../model/identifiers.ts';
import { pickKeys } from '../../model/json.ts';
import type { UpdateConfig } from '../../model/release.ts';
import type { Action, ReleaseInSlot } from '../actions.ts';
import { hasContainer } from '../host-queries.ts';
import { type Step, step } from '../plan.ts';
import type { PlanningContext } from '../planning-context.ts';
import { watchSteps } from '../release-checks.ts';
import { increasedServices, type ReplicaCounts, replicasAfter, replicasBetween } from '../replica-counts.ts';

import { type Routing, restoreRouting } from '../routing.ts';
import { toleranceForRelease } from '../tolerance.ts';
import { checkServices, startNewServices, stopOldServices } from './common.ts';
import { type RollingService, type RollingState, rollingSchedule } from './rolling-schedule.ts';

/** The services that are replaced a few replicas at a time. */
export interface RollingUpdate {
  readonly context: PlanningContext;
  readonly oldRelease: ReleaseInSlot;
  readonly services: readonly (RollingService & { readonly update: UpdateConfig })[];
  /** Services that start with all replicas in the first batch. */
  readonly startedInFull: readonly ServiceName[];
  /** Those of `services` that have routes. */
  readonly routed: readonly ServiceName[];
}

/** The steps between two states of the schedule, in order. */
interface Batch {
  /** New replicas start. */
  readonly start: readonly Step[];
  readonly check: readonly Step[];
  /** The new replicas are watched before they count as good. */
  readonly monitor: readonly Step[];
  /** Requests move. The caller moves them for the last batch; `restoreTraffic` then undoes it. */
  readonly moveTraffic: readonly Step[];
  readonly restoreTraffic: readonly Action[];
  /** Old replicas drain and stop. */
  readonly stop: readonly Step[];
  readonly delay: readonly Step[];
}

/** The batches of a rolling update. The steps of a batch and their undo follow from the two states around it. */
export function batchesOf(update: RollingUpdate): readonly Batch[] {
  const states = fullSchedule(update);
  return states.slice(1).map((after, index) => {
    const before = states[index] ?? after;
    const [from, to] = [routingAt(update, before), routingAt(update, after)];
    // If every routed service has an old replica, all requests can go back to the old release at once.
    const canReturnAll = update.services.every(
      ({ name, oldReplicas }) => !update.routed.includes(name) || before.stopped[name] !== oldReplicas,
    );
    const restoreTraffic = restoreRouting(
      to,
      canReturnAll ? { kind: 'switch-traffic', ...update.oldRelease } : from,
    );
    const moves = update.routed.length > 0 && !isDeepStrictEqual(from, to);
    return {
      ...startAndCheck(update, before, after),
      monitor: watch(update, before, after, 'monitor'),
      moveTraffic: moves ? [step(to, ...restoreTraffic)] : [],
      restoreTraffic,
      stop: drainAndStop(update, before.stopped, after.stopped),
      delay: watch(update, before, after, 'delay'),
    };
  });
}

/** The schedule with the services that start in full: they run as soon as requests move. */
function fullSchedule({ context, services, startedInFull }: RollingUpdate): readonly RollingState[] {
  const full = Object.fromEntries(
    startedInFull.map((name) => [name, context.desired.release.services[name]?.replicas ?? 1]),
  );
  return rollingSchedule(services).map((state) =>
    state.share > 0 ? { ...state, up: { ...state.up, ...full } } : state,
  );
}

/** Requests go to the remaining replicas of the old release and to the running ones of the new release. */
function routingAt(
  { context, oldRelease, services, routed }: RollingUpdate,
  { up, stopped, share }: RollingState,
): Routing {
  if (share === 0 && !routed.some((name) => stopped[name])) return { kind: 'switch-traffic', ...oldRelease };
  const all = Object.fromEntries(services.map(({ name, oldReplicas }) => [name, oldReplicas]));
  const newRelease = { release: context.desired.release.id, slot: context.slot };
  return {
    kind: 'balance-replicas',
    ...oldRelease,
    removedReplicas: pickKeys(share === 1 ? all : stopped, routed),
    share,
    newRelease: share === 0 ? undefined : { ...newRelease, only: pickKeys(up, routed) },
  };
}

function startAndCheck(
  { context, services: rolling }: RollingUpdate,
  before: RollingState,
  { up }: RollingState,
): Pick<Batch, 'start' | 'check'> {
  const all = context.desired.release.services;
  const increased = increasedServices(before.up, up);
  const services = Object.keys(all).filter((name) => increased.includes(name));
  const inFull = services.every((name) => up[name] === all[name]?.replicas);
  const only = inFull ? {} : { only: pickKeys(up, services) };
  const isFirst = services.every((name) => !before.up[name]);
  const added = inFull && isFirst ? {} : replicasBetween(before.up, up, services);
  const tolerant = services.filter((name) => rolling.some((service) => service.name === name));
  const tolerance = toleranceForRelease(context.desired, tolerant, up);
  return {
    start: startNewServices(context, services, only, added),
    check: checkServices(context, services, { ...only, ...tolerance }),
  };
}

/** Watches the new replicas for the longest time that one of the services of this batch asks for. */
function watch(
  { context, services }: RollingUpdate,
  before: RollingState,
  { up }: RollingState,
  purpose: 'monitor' | 'delay',
): readonly Step[] {
  const increased = increasedServices(before.up, up);
  const times = services.filter(({ name }) => increased.includes(name)).map(({ update }) => update[purpose]);
  const names = services.map(({ name }) => name).filter((name) => (up[name] ?? 0) > 0);
  return watchSteps(context, purpose, names, Math.max(0, ...times), { up });
}

/** Drains and stops the old replicas between two counts. */
function drainAndStop(
  { context, oldRelease, routed }: RollingUpdate,
  from: ReplicaCounts,
  to: ReplicaCounts,
): readonly Step[] {
  const services = increasedServices(from, to);
  const drained = services.filter((name) => routed.includes(name));
  return [
    ...(drained.length > 0
      ? [step({ kind: 'drain-traffic', ...oldRelease, ...replicasBetween(from, to, drained) })]
      : []),
    ...stopOldServices(context, services, replicasBetween(from, to, services)),
  ];
}

/** Stops what the batches have left of old services. A killed run may never have created containers of some of them. */
export function stopRemaining(
  { services, context }: RollingUpdate,
  names: readonly ServiceName[],
): readonly Step[] {
  const stopped = rollingSchedule(services).at(-1)?.stopped ?? {};
  const replaced = services
    .filter(({ name, oldReplicas }) => stopped[name] === oldReplicas)
    .map(({ name }) => name);
  const left = names.filter(
    (name) => !replaced.includes(name) && hasContainer(context.previous?.observed, name),
  );
  return stopOldServices(context, left, replicasAfter(stopped, left));
}
