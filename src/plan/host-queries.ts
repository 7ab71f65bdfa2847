import { standingAcceptances } from '../model/history.ts';
import type { ObservedContainer, ObservedHost, ObservedRelease, Traffic } from '../model/host.ts';
import type { Release, ReleaseId, ServiceName, Slot } from '../model/release.ts';
import type { ReplicaRange } from './steps.ts';

/** What a planner asks of an observed host, in its own words. All pure. */

/** A release that serves now: what it is, where it stands. */
export interface ReleaseOnHost {
  readonly id: ReleaseId;
  readonly slot: Slot | undefined;
  readonly observed: ObservedRelease | undefined;
}

/** A release as it stands on a host. */
export function releaseOnHost(host: ObservedHost, id: ReleaseId, slot: Slot | undefined): ReleaseOnHost {
  const observed = host.releases.find((release) => release.id === id);
  return { id, slot: slot ?? observed?.slot, observed };
}

/**
 * What the edge's files say, as far as it is true: they outlive their edge, and then a release that was never accepted here has
 * no traffic.
 */
export function effectiveTraffic({
  edge,
  traffic,
  accepted,
}: Pick<ObservedHost, 'edge' | 'traffic' | 'accepted'>): Traffic | undefined {
  const isOver = edge.state === 'absent' && traffic?.release !== accepted;
  return isOver ? undefined : traffic;
}

/** The release that has the traffic; where no edge exists, the last accepted one that still has containers. */
export function liveRelease(host: ObservedHost): ReleaseOnHost | undefined {
  if (host.traffic !== undefined) return releaseOnHost(host, host.traffic.release, host.traffic.slot);
  const last = host.accepted;
  const stands = host.releases.some((release) => release.id === last && release.containers.length > 0);
  return last !== undefined && stands ? releaseOnHost(host, last, undefined) : undefined;
}

/** Names of the services of a release; from its record, or, where that is lost, from its containers. */
export function serviceNamesOf(release: ObservedRelease | undefined): readonly ServiceName[] {
  if (release === undefined) return [];
  if (release.record !== undefined) return Object.keys(release.record.services);
  return [...new Set(release.containers.map((container) => container.service))];
}

/** Names of the services of a release that have one of `roles`. */
export function servicesInRole(
  release: Release | undefined,
  ...roles: readonly string[]
): readonly ServiceName[] {
  return Object.values(release?.services ?? {})
    .filter((service) => roles.includes(service.role))
    .map((service) => service.name);
}

function isContainerUp(container: ObservedContainer): boolean {
  return container.state === 'running' && container.health !== 'unhealthy';
}

/** Whether as many replicas of a service are up as it has, or `enough`. */
export function serviceIsUp(observed: ObservedRelease, name: ServiceName, enough?: number): boolean {
  const desired = observed.record?.services[name];
  const containers = observed.containers.filter((container) => container.service === name);
  if (desired?.oneShot === true)
    return containers.some((container) => container.state === 'exited' && container.exitCode === 0);
  return containers.filter(isContainerUp).length >= (enough ?? desired?.replicas ?? 1);
}

/** Names of the services of a release of which some container runs. */
export function runningServices(observed: ObservedRelease | undefined): readonly ServiceName[] {
  return observed?.containers.filter(({ state }) => state === 'running').map(({ service }) => service) ?? [];
}

/** Whether a release is reached by a domain, so that the host needs the front. */
export function hasDomains(release: Release): boolean {
  return release.routes.some((route) => route.domains.length > 0);
}

/** Whether a release has ways in. One whose record is lost may have some, and they must not be taken away. */
export function mayHaveRoutes(release: ReleaseOnHost | undefined): boolean {
  const record = release?.observed?.record;
  return release !== undefined && (record === undefined || record.routes.length > 0);
}

/** Names of the services of a release that answer requests, from outside or among themselves. */
export function requestHandlingServices(observed: ObservedRelease): readonly ServiceName[] {
  const { record } = observed;
  if (record === undefined) return serviceNamesOf(observed);
  const routed = record.routes.map(({ service }) => service);
  return [...new Set([...servicesInRole(record, 'served', 'internal'), ...routed])];
}

/** Whether everything of a release that answers requests is up. */
export function isFullyServing(observed: ObservedRelease): boolean {
  return (
    observed.containers.length > 0 &&
    requestHandlingServices(observed).every((name) => serviceIsUp(observed, name))
  );
}

/** The same of what runs at all: in a busy hour a health check may fail that nobody else notices. */
export function isFullyRunning(observed: ObservedRelease): boolean {
  const well = observed.containers.map((each) => ({ ...each, health: undefined }));
  return isFullyServing({ ...observed, containers: well });
}

/** Whether something of a release runs that would stay down after it crashed, though it is to be restarted. */
export function lacksRestartPolicy(observed: ObservedRelease): boolean {
  return observed.containers.some(({ restartPolicyState: restarts }) => restarts === 'missing');
}

/** Whether every service of a release is up, workers included. */
export function isFullyUp(observed: ObservedRelease): boolean {
  return (
    observed.containers.length > 0 && serviceNamesOf(observed).every((name) => serviceIsUp(observed, name))
  );
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
export function existingReplicas(observed: ObservedRelease | undefined, name: ServiceName): number {
  const existing = observed?.containers.filter(({ service }) => service === name).length ?? 0;
  return Math.min(existing, observed?.record?.services[name]?.replicas ?? existing);
}

/** Which replicas of services can come up again, where that is not all of them. */
export function existingReplicaRange(
  observed: ObservedRelease | undefined,
  names: readonly ServiceName[],
): ReplicaRange {
  const existing = Object.fromEntries(names.map((name) => [name, existingReplicas(observed, name)]));
  const all = names.every(
    (name) => existing[name] === (observed?.record?.services[name]?.replicas ?? existing[name]),
  );
  return all ? {} : { only: existing };
}

/** Whether something of a release runs, or would after a restart of the engine. */
export function mayRun(observed: ObservedRelease): boolean {
  return observed.containers.some(
    ({ state, restartPolicyState: restarts }) =>
      (state !== 'exited' && state !== 'created' && state !== 'dead') || restarts === 'not-disabled',
  );
}

/**
 * Accessories of a release that are not there or not up. One that was to end is left alone when it ended well; any other is
 * brought up again, as `docker compose up` does: a database that was stopped has ended with 0 as well.
 */
export function missingAccessories(host: ObservedHost, release: Release): readonly ServiceName[] {
  return Object.keys(release.base.services).filter((name) => {
    const containers = host.accessories.filter((container) => container.service === name);
    const ends = runsToCompletion(release, name);
    return !containers.some(
      ({ state, exitCode }) => state === 'running' || (ends && state === 'exited' && exitCode === 0),
    );
  });
}

/** Whether something waits for an accessory to be through (`service_completed_successfully`). */
function runsToCompletion(release: Release, name: ServiceName): boolean {
  const waitsFor = (condition: unknown): boolean => condition === 'service_completed_successfully';
  return (
    release.conditions.some(({ service, condition }) => service === name && waitsFor(condition)) ||
    Object.values(release.base.services).some((service) =>
      waitsFor(propertyOf(propertyOf(service['depends_on'], name), 'condition')),
    )
  );
}

function propertyOf(of: unknown, key: string): unknown {
  return typeof of === 'object' && of !== null
    ? Object.entries(of).find(([name]) => name === key)?.[1]
    : undefined;
}

/** Releases that no longer need to stay: beyond the `keep` last accepted ones, neither wanted nor live. */
export function releasesToPrune(
  host: ObservedHost,
  desired: ReleaseId,
  previous: ReleaseId | undefined,
  keep: number,
): readonly ReleaseId[] {
  const accepted = standingAcceptances(host.history).map((entry) => entry.release);
  const newestFirst = [
    ...new Set([desired, ...(previous === undefined ? [] : [previous]), ...accepted.reverse()]),
  ];
  const kept = new Set(newestFirst.slice(0, Math.max(keep, 1)));
  return host.releases.map((release) => release.id).filter((id) => !kept.has(id));
}
