import { isDeepStrictEqual } from 'node:util';
import type { ServiceName } from '../../model/release.ts';
import type { UpdateConfig } from '../../model/strategy.ts';
import { existingReplicaRange, hasContainer } from '../host-queries.ts';
import type { PlanningContext } from '../planning-context.ts';
import { type Routing, restoreRouting } from '../routing.ts';
import {
  type Action,
  type ReleaseInSlot,
  type ReplicaCounts,
  type ReplicaRange,
  type Step,
  step,
} from '../steps.ts';
import { allowedFailures } from '../tolerance.ts';
import { type RollingService, type RollingState, rollingSchedule } from './rolling-schedule.ts';

/** What is replaced a few at a time. */
export interface RollingUpdate {
  readonly context: PlanningContext;
  readonly oldRelease: ReleaseInSlot;
  readonly services: readonly (RollingService & { readonly update: UpdateConfig })[];
  /** Services that come up in full with the first batch. */
  readonly startedInFull: readonly ServiceName[];
  /** Of `services`, those that get requests from the edge. */
  readonly routed: readonly ServiceName[];
}

/** What leads from one moment to the next, in order. */
export interface Batch {
  /** New ones come up. */
  readonly start: readonly Step[];
  readonly check: readonly Step[];
  /** They run for a time before they count as good. */
  readonly monitor: readonly Step[];
  /** Requests move; of the last beat that is left to others, and what takes it back is `back`. */
  readonly moveTraffic: readonly Step[];
  readonly restoreTraffic: readonly Action[];
  /** Old ones, for which the new ones stand in or are to have room, stop. */
  readonly stop: readonly Step[];
  readonly delay: readonly Step[];
}

/** All that happens between two neighbouring moments follows from these two, and what takes it back as well. */
export function batchesOf(rollingUpdate: RollingUpdate): readonly Batch[] {
  const all = fullSchedule(rollingUpdate);
  return all.slice(1).map((after, index) => {
    const before = all[index] ?? after;
    const [from, to] = [routingAt(rollingUpdate, before), routingAt(rollingUpdate, after)];
    const restoreTraffic = restoreRouting(
      to,
      lacksOldReplicas(rollingUpdate, before)
        ? from
        : { kind: 'switch-traffic', ...rollingUpdate.oldRelease },
    );
    const moves = rollingUpdate.routed.length > 0 && !isDeepStrictEqual(from, to);
    return {
      ...startAndCheckBatch(rollingUpdate, before, after),
      monitor: watchBatch(rollingUpdate, before, after, 'monitor'),
      moveTraffic: moves ? [step(to, ...restoreTraffic)] : [],
      restoreTraffic,
      stop: stopOldReplicas(rollingUpdate, before.stopped, after.stopped),
      delay: watchBatch(rollingUpdate, before, after, 'delay'),
    };
  });
}

/** What is not replaced a few at a time is all there as soon as requests move. */
function fullSchedule({ context, services, startedInFull: whole }: RollingUpdate): readonly RollingState[] {
  const all = Object.fromEntries(
    whole.map((name) => [name, context.desired.release.services[name]?.replicas ?? 1]),
  );
  return rollingSchedule(services).map((each) =>
    each.share > 0 ? { ...each, up: { ...each.up, ...all } } : each,
  );
}

const increasedServices = (from: ReplicaCounts, to: ReplicaCounts): readonly ServiceName[] =>
  Object.keys(to).filter((name) => (to[name] ?? 0) > (from[name] ?? 0));

const pickServices = (part: ReplicaCounts, names: readonly ServiceName[]): ReplicaCounts =>
  Object.fromEntries(Object.entries(part).filter(([name]) => names.includes(name)));

/** The replicas between two counts of the same services. */
function replicaRangeBetween(
  from: ReplicaCounts,
  to: ReplicaCounts,
  names: readonly ServiceName[],
): ReplicaRange {
  const after = Object.entries(pickServices(from, names)).filter(([, count]) => count > 0);
  return { only: pickServices(to, names), ...(after.length > 0 ? { after: Object.fromEntries(after) } : {}) };
}

/** Requests go to what stays of the old release and to what is up of the new one. */
function routingAt(
  { context, oldRelease: old, services, routed }: RollingUpdate,
  { up, stopped, share }: RollingState,
): Routing {
  if (share === 0 && !routed.some((name) => stopped[name])) return { kind: 'switch-traffic', ...old };
  const all = Object.fromEntries(services.map((service) => [service.name, service.oldReplicas]));
  return {
    kind: 'balance-replicas',
    ...old,
    removedReplicas: pickServices(share === 1 ? all : stopped, routed),
    share,
    newRelease:
      share === 0
        ? undefined
        : { release: context.desired.release.id, slot: context.slot, only: pickServices(up, routed) },
  };
}

/** Whether of some service that is asked no old one runs. Else all requests can go back to the old release at once. */
const lacksOldReplicas = ({ services, routed }: RollingUpdate, { stopped }: RollingState): boolean =>
  services.some(({ name, oldReplicas: old }) => routed.includes(name) && stopped[name] === old);

function startAndCheckBatch(
  { context, services }: RollingUpdate,
  { up: had }: RollingState,
  { up }: RollingState,
): Pick<Batch, 'start' | 'check'> {
  const { desired, slot, how } = context;
  const release = desired.release.id;
  const fresh = increasedServices(had, up);
  const names = Object.keys(desired.release.services).filter((name) => fresh.includes(name));
  if (names.length === 0) return { start: [], check: [] };
  const all = names.every((name) => up[name] === desired.release.services[name]?.replicas);
  const only = all ? {} : { only: pickServices(up, names) };
  const undo: Action = {
    kind: 'stop-services',
    release,
    services: names,
    ...(all && names.every((name) => !had[name]) ? {} : replicaRangeBetween(had, up, names)),
    evidence: true,
  };
  return {
    start: [step({ kind: 'start-services', release, slot, services: names, how, ...only }, undo)],
    check: [
      step({
        kind: 'check-health',
        release,
        services: names,
        ...only,
        ...toleranceForBatch(services, up, names),
      }),
    ],
  };
}

/** Of a batch that may fail in part one replica at least must be good. */
function toleranceForBatch(
  services: RollingUpdate['services'],
  up: ReplicaCounts,
  names: readonly ServiceName[],
): { readonly tolerate?: ReplicaCounts } {
  const lenient = services.flatMap((service) => {
    const { name } = service;
    const most = allowedFailures({ replicas: service.newReplicas, update: service.update }, up[name] ?? 0);
    return names.includes(name) && most > 0 ? [[name, most] as const] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}

function watchBatch(
  { context, services }: RollingUpdate,
  { up: had }: RollingState,
  { up }: RollingState,
  why: 'monitor' | 'delay',
): readonly Step[] {
  const increased = services.filter(({ name }) => increasedServices(had, up).includes(name));
  const time = Math.max(0, ...increased.map(({ update }) => update[why]));
  if (time === 0) return [];
  const { desired, slot } = context;
  const names = services.map(({ name }) => name).filter((name) => (up[name] ?? 0) > 0);
  return [
    step({
      kind: 'watch-release',
      purpose: why,
      release: desired.release.id,
      slot,
      services: names,
      only: pickServices(up, names),
      ...toleranceForBatch(services, up, names),
      duration: time,
      baseline: undefined,
      limits: undefined,
    }),
  ];
}

/** Replicas of the old release from one count to another stop, once nobody asks them; taken back, they stand again. */
function stopOldReplicas(
  { oldRelease: old, routed }: RollingUpdate,
  from: ReplicaCounts,
  to: ReplicaCounts,
): readonly Step[] {
  const services = increasedServices(from, to);
  if (services.length === 0) return [];
  const asked = services.filter((name) => routed.includes(name));
  const drains =
    asked.length > 0
      ? [step({ kind: 'drain-traffic', ...old, ...replicaRangeBetween(from, to, asked) })]
      : [];
  return [...drains, stopReplicas(old, services, replicaRangeBetween(from, to, services))];
}

/** What is left of services of the old release stops. */
export function stopRemaining(
  { oldRelease: old, services, context }: RollingUpdate,
  names: readonly ServiceName[],
): readonly Step[] {
  const stopped = rollingSchedule(services).at(-1)?.stopped ?? {};
  const through = services
    .filter((service) => stopped[service.name] === service.oldReplicas)
    .map(({ name }) => name);
  // A worker that the interrupted run did not get to has no container that could stop, or start again.
  const left = names.filter(
    (name) => !through.includes(name) && hasContainer(context.previous?.observed, name),
  );
  const after = Object.entries(pickServices(stopped, left)).filter(([, count]) => count > 0);
  const which = after.length > 0 ? { after: Object.fromEntries(after) } : {};
  return left.length === 0
    ? []
    : [
        stopReplicas(old, left, which, {
          ...existingReplicaRange(context.previous?.observed, left),
          ...which,
        }),
      ];
}

/** Some replicas of the old release stop; taken back, the same containers stand again: those of `which` that are `there`. */
function stopReplicas(
  { release, slot }: ReleaseInSlot,
  services: readonly ServiceName[],
  which: ReplicaRange,
  existing = which,
): Step {
  return step(
    { kind: 'stop-services', release, services, ...which, evidence: false },
    { kind: 'start-services', release, slot, services, how: 'start', ...which },
    { kind: 'check-health', release, services, ...existing },
  );
}
