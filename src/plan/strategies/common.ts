import type { Role, ServiceName } from '../../model/release.ts';
import { openRoutesSteps } from '../edge.ts';
import {
  existingReplicaRange,
  hasAllContainers,
  hasContainer,
  isFullyRunning,
  servicesInRole,
} from '../host-queries.ts';
import type { PlanningContext } from '../planning-context.ts';
import { type Routing, restoreRouting } from '../routing.ts';
import { type Action, type Step, step } from '../steps.ts';

/** Brings services of the new release up; taken back by showing why they failed and stopping them. */
export function startNew(context: PlanningContext, ...roles: readonly Role[]): readonly Step[] {
  const { desired, slot, how, protectedServices } = context;
  const release = desired.release.id;
  const services = servicesInRole(desired.release, ...roles);
  if (services.length === 0) return [];
  const fresh = services.filter((service) => !protectedServices.has(service));
  const undo: readonly Action[] =
    fresh.length === 0 ? [] : [{ kind: 'stop-services', release, services: fresh, evidence: true }];
  return [step({ kind: 'start-services', release, slot, services, how }, ...undo)];
}

export function checkNew({ desired }: PlanningContext, ...roles: readonly Role[]): readonly Step[] {
  const services = servicesInRole(desired.release, ...roles);
  return services.length === 0 ? [] : [step({ kind: 'check-health', release: desired.release.id, services })];
}

/** Stops services of the old release; taken back by starting the same containers again, and what comes `afterwards`. */
export function stopOldServices(
  { previous }: PlanningContext,
  services: readonly ServiceName[],
  afterwards: readonly Action[] = [],
): readonly Step[] {
  if (previous === undefined || services.length === 0) return [];
  const { id: release, slot = 'blue', observed } = previous;
  // What was never made, because the run that was to do so ended before, can't be started again.
  const existing = services.filter((name) => hasContainer(observed, name));
  const undo: readonly Action[] =
    existing.length === 0
      ? []
      : [
          { kind: 'start-services', release, slot, services: existing, how: 'start' },
          { kind: 'check-health', release, services: existing, ...existingReplicaRange(observed, existing) },
        ];
  return [step({ kind: 'stop-services', release, services, evidence: false }, ...undo, ...afterwards)];
}

/**
 * Hands over what can't stand twice, then opens the routes and moves all traffic to the new release.
 * @param back what moves the traffic back. Where old containers are stopped first, it comes when they stand again
 */
export function replaceExclusiveAndSwitch(
  context: PlanningContext,
  back: readonly Action[],
): readonly Step[] {
  const oldExclusive = servicesInRole(context.previous?.observed?.record, 'exclusive');
  return [
    ...stopOldServices(context, oldExclusive, back),
    ...startNew(context, 'exclusive'),
    ...checkNew(context, 'exclusive'),
    ...openRoutesAndSwitch(context, oldExclusive.length === 0 ? back : []),
  ];
}

/**
 * Opens the routes and moves all traffic to the new release.
 * @param undo what moves it back, unless a step before this one must do so, because the old containers are stopped by then
 */
export function openRoutesAndSwitch(context: PlanningContext, undo: readonly Action[]): readonly Step[] {
  const { desired, slot } = context;
  const open = openRoutesSteps(context);
  return desired.edgeFingerprint === undefined
    ? open
    : [...open, step({ kind: 'switch-traffic', release: desired.release.id, slot }, ...undo)];
}

/** Moves the traffic back to where it was. Needs the old containers to run. */
export function switchTrafficBack({ desired, traffic, slot }: PlanningContext): readonly Action[] {
  if (desired.edgeFingerprint === undefined || traffic?.release === desired.release.id) return [];
  const before: Routing =
    traffic === undefined ? { kind: 'clear-slot', slot } : { kind: 'switch-traffic', ...traffic };
  return restoreRouting({ kind: 'switch-traffic', release: desired.release.id, slot }, before);
}

/** Whether the old release runs in full when its replacement begins. What an interrupted run stopped of it is started first. */
export function isPreviousFullyRunning({ previous, interrupted }: PlanningContext): boolean {
  const observed = previous?.observed;
  if (observed === undefined) return false;
  const startedFirst =
    interrupted !== undefined && hasAllContainers(observed) && observed.restartFailed !== true;
  return startedFirst || isFullyRunning(observed);
}
