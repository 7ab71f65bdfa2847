import { acceptances } from '../model/history.ts';
import type { ObservedContainer, ObservedHost, ObservedRelease, Traffic } from '../model/host.ts';
import type { Release, ReleaseId, ServiceName, Slot } from '../model/release.ts';
import type { Replicas } from './steps.ts';

/** What a planner asks of an observed host, in its own words. All pure. */

/** A release that serves now: what it is, where it stands. */
export interface Standing {
  readonly id: ReleaseId;
  readonly slot: Slot | undefined;
  readonly observed: ObservedRelease | undefined;
}

/** A release as it stands on a host. */
export function standing(host: ObservedHost, id: ReleaseId, slot: Slot | undefined): Standing {
  const observed = host.releases.find((release) => release.id === id);
  return { id, slot: slot ?? observed?.slot, observed };
}

/**
 * What the edge's files say, as far as it is true: they outlive their edge, and then a release that was never accepted here has
 * no traffic.
 */
export function trafficIn({
  edge,
  traffic,
  accepted,
}: Pick<ObservedHost, 'edge' | 'traffic' | 'accepted'>): Traffic | undefined {
  const isOver = edge.state === 'absent' && traffic?.release !== accepted;
  return isOver ? undefined : traffic;
}

/** The release that has the traffic; where no edge exists, the last accepted one that still has containers. */
export function liveRelease(host: ObservedHost): Standing | undefined {
  if (host.traffic !== undefined) return standing(host, host.traffic.release, host.traffic.slot);
  const last = host.accepted;
  const stands = host.releases.some((release) => release.id === last && release.containers.length > 0);
  return last !== undefined && stands ? standing(host, last, undefined) : undefined;
}

/** Names of the services of a release; from its record, or, where that is lost, from its containers. */
export function servicesOf(release: ObservedRelease | undefined): readonly ServiceName[] {
  if (release === undefined) return [];
  if (release.record !== undefined) return Object.keys(release.record.services);
  return [...new Set(release.containers.map((container) => container.service))];
}

/** Names of the services of a release that have one of `roles`. */
export function inRole(release: Release | undefined, ...roles: readonly string[]): readonly ServiceName[] {
  return Object.values(release?.services ?? {})
    .filter((service) => roles.includes(service.role))
    .map((service) => service.name);
}

function isUp(container: ObservedContainer): boolean {
  return container.state === 'running' && container.health !== 'unhealthy';
}

/** Whether as many replicas of a service are up as it has, or `enough`. */
export function serviceIsUp(observed: ObservedRelease, name: ServiceName, enough?: number): boolean {
  const wanted = observed.record?.services[name];
  const containers = observed.containers.filter((container) => container.service === name);
  if (wanted?.oneShot === true)
    return containers.some((container) => container.state === 'exited' && container.exitCode === 0);
  return containers.filter(isUp).length >= (enough ?? wanted?.replicas ?? 1);
}

/** Names of the services of a release of which some container runs. */
export function startedServices(observed: ObservedRelease | undefined): readonly ServiceName[] {
  return observed?.containers.filter(({ state }) => state === 'running').map(({ service }) => service) ?? [];
}

/** Whether a release is reached by a domain, so that the host needs the front. */
export function wantsDomains(release: Release): boolean {
  return release.routes.some((route) => route.domains.length > 0);
}

/** Whether a release has ways in. One whose record is lost may have some, and they must not be taken away. */
export function hasRoutes(standing: Standing | undefined): boolean {
  const record = standing?.observed?.record;
  return standing !== undefined && (record === undefined || record.routes.length > 0);
}

/** Names of the services of a release that answer requests, from outside or among themselves. */
export function answering(observed: ObservedRelease): readonly ServiceName[] {
  const { record } = observed;
  if (record === undefined) return servicesOf(observed);
  const routed = record.routes.map(({ service }) => service);
  return [...new Set([...inRole(record, 'served', 'internal'), ...routed])];
}

/** Whether everything of a release that answers requests is up. */
export function servesWholly(observed: ObservedRelease): boolean {
  return observed.containers.length > 0 && answering(observed).every((name) => serviceIsUp(observed, name));
}

/** The same of what runs at all: in a busy hour a health check may fail that nobody else notices. */
export function runsWholly(observed: ObservedRelease): boolean {
  const well = observed.containers.map((each) => ({ ...each, health: undefined }));
  return servesWholly({ ...observed, containers: well });
}

/** Whether something of a release runs that would stay down after it crashed, though it is to be restarted. */
export function lacksRestarts(observed: ObservedRelease): boolean {
  return observed.containers.some(({ restarts }) => restarts === 'lacking');
}

/** Whether every service of a release is up, workers included. */
export function isWhole(observed: ObservedRelease): boolean {
  return observed.containers.length > 0 && servicesOf(observed).every((name) => serviceIsUp(observed, name));
}

/** Whether the release's containers exist in full, running or stopped, so that starting them brings it back. */
export function hasAllContainers(observed: ObservedRelease | undefined): boolean {
  if (observed?.record === undefined) return false;
  return Object.values(observed.record.services).every(
    (service) =>
      observed.containers.filter((container) => container.service === service.name).length >=
      service.replicas,
  );
}

/** Whether a service has a container: one that was never made can't be started again. */
export function hasContainer(observed: ObservedRelease | undefined, name: ServiceName): boolean {
  return observed?.containers.some(({ service }) => service === name) === true;
}

/** How many replicas of a service there are: a run that was to make them may have been killed before it got to all. */
export function replicasThere(observed: ObservedRelease | undefined, name: ServiceName): number {
  const there = observed?.containers.filter(({ service }) => service === name).length ?? 0;
  return Math.min(there, observed?.record?.services[name]?.replicas ?? there);
}

/** Which replicas of services can come up again, where that is not all of them. */
export function allThere(observed: ObservedRelease | undefined, names: readonly ServiceName[]): Replicas {
  const there = Object.fromEntries(names.map((name) => [name, replicasThere(observed, name)]));
  const all = names.every(
    (name) => there[name] === (observed?.record?.services[name]?.replicas ?? there[name]),
  );
  return all ? {} : { only: there };
}

/** Whether something of a release runs, or would after a restart of the engine. */
export function mayRun(observed: ObservedRelease): boolean {
  return observed.containers.some(
    ({ state, restarts }) =>
      (state !== 'exited' && state !== 'created' && state !== 'dead') || restarts === 'left',
  );
}

/**
 * Accessories of a release that are not there or not up. One that was to end is left alone when it ended well; any other is
 * brought up again, as `docker compose up` does: a database that was stopped has ended with 0 as well.
 */
export function missingAccessories(host: ObservedHost, release: Release): readonly ServiceName[] {
  return Object.keys(release.base.services).filter((name) => {
    const containers = host.accessories.filter((container) => container.service === name);
    const ends = isToEnd(release, name);
    return !containers.some(
      ({ state, exitCode }) => state === 'running' || (ends && state === 'exited' && exitCode === 0),
    );
  });
}

/** Whether something waits for an accessory to be through (`service_completed_successfully`). */
function isToEnd(release: Release, name: ServiceName): boolean {
  const waitsFor = (condition: unknown): boolean => condition === 'service_completed_successfully';
  return (
    release.conditions.some(({ service, condition }) => service === name && waitsFor(condition)) ||
    Object.values(release.base.services).some((service) =>
      waitsFor(member(member(service['depends_on'], name), 'condition')),
    )
  );
}

function member(of: unknown, key: string): unknown {
  return typeof of === 'object' && of !== null
    ? Object.entries(of).find(([name]) => name === key)?.[1]
    : undefined;
}

/** Releases that no longer need to stay: beyond the `keep` last accepted ones, neither wanted nor live. */
export function superfluous(
  host: ObservedHost,
  wanted: ReleaseId,
  previous: ReleaseId | undefined,
  keep: number,
): readonly ReleaseId[] {
  const accepted = acceptances(host.history).map((entry) => entry.release);
  const newestFirst = [
    ...new Set([wanted, ...(previous === undefined ? [] : [previous]), ...accepted.reverse()]),
  ];
  const kept = new Set(newestFirst.slice(0, Math.max(keep, 1)));
  return host.releases.map((release) => release.id).filter((id) => !kept.has(id));
}
