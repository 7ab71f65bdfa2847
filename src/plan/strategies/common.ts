import type { Role, ServiceName } from '../../model/release.ts';
import { openRoutes } from '../edge.ts';
import { type Routing, wayBack } from '../routing.ts';
import { allThere, hasAllContainers, hasContainer, inRole, runsWholly } from '../situation.ts';
import { type Action, type Step, step } from '../steps.ts';
import type { HostTask } from '../task.ts';

/** Brings services of the new release up; taken back by showing why they failed and stopping them. */
export function startNew(task: HostTask, ...roles: readonly Role[]): readonly Step[] {
  const { wanted, slot, how, untouchable } = task;
  const release = wanted.release.id;
  const services = inRole(wanted.release, ...roles);
  if (services.length === 0) return [];
  const fresh = services.filter((service) => !untouchable.has(service));
  const undo: readonly Action[] =
    fresh.length === 0 ? [] : [{ kind: 'stop', release, services: fresh, evidence: true }];
  return [step({ kind: 'start', release, slot, services, how }, ...undo)];
}

export function checkNew({ wanted }: HostTask, ...roles: readonly Role[]): readonly Step[] {
  const services = inRole(wanted.release, ...roles);
  return services.length === 0 ? [] : [step({ kind: 'check', release: wanted.release.id, services })];
}

/** Stops services of the old release; taken back by starting the same containers again, and what comes `afterwards`. */
export function stopOld(
  { previous }: HostTask,
  services: readonly ServiceName[],
  afterwards: readonly Action[] = [],
): readonly Step[] {
  if (previous === undefined || services.length === 0) return [];
  const { id: release, slot = 'blue', observed } = previous;
  // What was never made, because the run that was to do so ended before, can't be started again.
  const there = services.filter((name) => hasContainer(observed, name));
  const undo: readonly Action[] =
    there.length === 0
      ? []
      : [
          { kind: 'start', release, slot, services: there, how: 'start' },
          { kind: 'check', release, services: there, ...allThere(observed, there) },
        ];
  return [step({ kind: 'stop', release, services, evidence: false }, ...undo, ...afterwards)];
}

/**
 * Hands over what can't stand twice, then opens the routes and moves all traffic to the new release.
 * @param back what moves the traffic back. Where old containers are stopped first, it comes when they stand again
 */
export function moveOver(task: HostTask, back: readonly Action[]): readonly Step[] {
  const oldExclusive = inRole(task.previous?.observed?.record, 'exclusive');
  return [
    ...stopOld(task, oldExclusive, back),
    ...startNew(task, 'exclusive'),
    ...checkNew(task, 'exclusive'),
    ...handOver(task, oldExclusive.length === 0 ? back : []),
  ];
}

/**
 * Opens the routes and moves all traffic to the new release.
 * @param undo what moves it back, unless a step before this one must do so, because the old containers are stopped by then
 */
export function handOver(task: HostTask, undo: readonly Action[]): readonly Step[] {
  const { wanted, slot } = task;
  const open = openRoutes(task);
  return wanted.edge === undefined
    ? open
    : [...open, step({ kind: 'switch', release: wanted.release.id, slot }, ...undo)];
}

/** Moves the traffic back to where it was. Needs the old containers to run. */
export function trafficBack({ wanted, traffic, slot }: HostTask): readonly Action[] {
  if (wanted.edge === undefined || traffic?.release === wanted.release.id) return [];
  const before: Routing = traffic === undefined ? { kind: 'clear', slot } : { kind: 'switch', ...traffic };
  return wayBack({ kind: 'switch', release: wanted.release.id, slot }, before);
}

/** Whether the old release runs in full when its replacement begins. What an interrupted run stopped of it is started first. */
export function oldIsWhole({ previous, stranded }: HostTask): boolean {
  const observed = previous?.observed;
  if (observed === undefined) return false;
  const startedFirst = stranded !== undefined && hasAllContainers(observed) && observed.refused !== true;
  return startedFirst || runsWholly(observed);
}
