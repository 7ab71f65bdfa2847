import type { ServiceName } from '../../model/identifiers.ts';
import type { Role } from '../../model/release.ts';
import type { Action } from '../actions.ts';
import { applyRoutesSteps, newEdgeSteps, openEdgeSteps, opensLate, releasePortSteps } from '../edge.ts';
import {
  canRestart,
  existingReplicaRange,
  hasContainer,
  isFullyRunning,
  serviceIsUp,
  servicesInRole,
  workIsDone,
} from '../host-queries.ts';
import { type Step, step } from '../plan.ts';
import { type PlanningContext, withoutEnded } from '../planning-context.ts';
import { portFromEdge, portsToNewEdge } from '../port-handover.ts';
import type { ReplicaRange } from '../replica-counts.ts';
import { type Routing, restoreRouting } from '../routing.ts';
import type { Tolerance } from '../tolerance.ts';

export const startNew = (context: PlanningContext, ...roles: readonly Role[]): readonly Step[] =>
  startNewServices(context, servicesInRole(context.desired.release, ...roles));

export const checkNew = (context: PlanningContext, ...roles: readonly Role[]): readonly Step[] =>
  checkServices(context, servicesInRole(context.desired.release, ...roles));

/** Starts services of the new release, or a range of their replicas. The undo stops the part that did not run before. */
export function startNewServices(
  context: PlanningContext,
  names: readonly ServiceName[],
  range: ReplicaRange = {},
  added: ReplicaRange = {},
): readonly Step[] {
  const { desired, slot, how, protectedServices } = context;
  const services = withoutEnded(context, names);
  if (services.length === 0) return [];
  const release = desired.release.id;
  const fresh = services.filter((service) => !protectedServices.has(service));
  const undo: readonly Action[] =
    fresh.length === 0 ? [] : [{ kind: 'stop-services', release, services: fresh, ...added }];
  return [step({ kind: 'start-services', release, slot, services, how, ...range }, ...undo)];
}

export function checkServices(
  context: PlanningContext,
  names: readonly ServiceName[],
  options: ReplicaRange & Tolerance = {},
): readonly Step[] {
  const services = withoutEnded(context, names);
  return services.length === 0
    ? []
    : [step({ kind: 'check-health', release: context.desired.release.id, services, ...options })];
}

/**
 * Stops services of the old release, or a range of their replicas. The undo starts the same containers again and checks
 * those that exist, then runs `afterwards`. What was dead before is not checked: it can't become better.
 */
export function stopOldServices(
  { previous, interrupted }: PlanningContext,
  names: readonly ServiceName[],
  range: ReplicaRange = {},
  afterwards: readonly Action[] = [],
): readonly Step[] {
  const services = names.filter((name) => !workIsDone(previous?.observed, name));
  if (previous === undefined || services.length === 0) return [];
  const { id: release, slot = 'blue', observed } = previous;
  // A service whose container a killed run never created can't be started again.
  const existing = services.filter((name) => hasContainer(observed, name));
  const alive = existing.filter(
    (name) => observed === undefined || interrupted !== undefined || serviceIsUp(observed, name, 1),
  );
  const checked = { ...existingReplicaRange(observed, alive), ...range };
  const undo: readonly Action[] = [
    ...(existing.length === 0
      ? []
      : [{ kind: 'start-services', release, slot, services: existing, how: 'start', ...range } as const]),
    ...(alive.length === 0 ? [] : [{ kind: 'check-health', release, services: alive, ...checked } as const]),
  ];
  return [step({ kind: 'stop-services', release, services, ...range }, ...undo, ...afterwards)];
}

const servicesWithMovedPorts = (context: PlanningContext): readonly ServiceName[] => [
  ...new Set(portsToNewEdge(context).map(({ service }) => service)),
];

/** Stops the services of the old release whose ports a new edge takes, and creates it. Nothing, if there is no such port. */
export const takePortsFromServices = (context: PlanningContext): readonly Step[] => [
  ...stopOldServices(context, servicesWithMovedPorts(context)),
  ...newEdgeSteps(context),
];

/**
 * Replaces the exclusive services, then opens the routes and moves all traffic to the new release.
 * @param back what moves the traffic back. If old containers are stopped first, it runs after they have started again
 */
export function replaceExclusiveAndSwitch(
  context: PlanningContext,
  back: readonly Action[],
): readonly Step[] {
  const moved = servicesWithMovedPorts(context);
  const oldExclusive = servicesInRole(context.previous?.record, 'exclusive').filter(
    (service) => !moved.includes(service),
  );
  return [
    ...stopOldServices(context, oldExclusive, {}, back),
    ...releasePortSteps(context),
    ...startNew(context, 'exclusive'),
    ...checkNew(context, 'exclusive'),
    ...applyRoutesAndSwitch(context, oldExclusive.length === 0 ? back : []),
  ];
}

/** An edge that takes ports from services, or gives one away, is made when these stop. */
const isOpenedLate = (context: PlanningContext): boolean =>
  opensLate(context) && portsToNewEdge(context).length === 0 && portFromEdge(context) === undefined;

/**
 * Opens the routes and moves all traffic to the new release.
 * @param back what moves the traffic back; empty if an earlier step does so after it has started the old containers again
 */
export function applyRoutesAndSwitch(context: PlanningContext, back: readonly Action[]): readonly Step[] {
  const { desired, slot } = context;
  const switchTraffic = step({ kind: 'switch-traffic', release: desired.release.id, slot }, ...back);
  if (isOpenedLate(context)) return [switchTraffic, ...openEdgeSteps(context)];
  const open = applyRoutesSteps(context);
  return desired.edgeFingerprint === undefined ? open : [...open, switchTraffic];
}

/** Moves the traffic back to where it was. The old containers must run. */
export function switchTrafficBack({ desired, traffic, slot }: PlanningContext): readonly Action[] {
  if (desired.edgeFingerprint === undefined || traffic?.release === desired.release.id) return [];
  const before: Routing =
    traffic === undefined ? { kind: 'clear-slot', slot } : { kind: 'switch-traffic', ...traffic };
  return restoreRouting({ kind: 'switch-traffic', release: desired.release.id, slot }, before);
}

/** Whether the old release runs completely when its replacement begins, after `recover` has started what was stopped. */
export function isPreviousFullyRunning({ previous, interrupted }: PlanningContext): boolean {
  const observed = previous?.observed;
  return (
    observed !== undefined &&
    ((interrupted !== undefined && canRestart(observed)) || isFullyRunning(observed))
  );
}
