import type { Slot } from '../model/app-environment.ts';
import type { ObservedContainer, ObservedHost, ObservedRelease, Traffic } from '../model/host.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import { endingOf, type Release, type Role, type UpdateConfig } from '../model/release.ts';
import type { ReplicaRange } from './replica-counts.ts';

/** Questions that a planner asks about an observed host and its releases. All functions are pure. */

/** A release with what was observed of it on one host. */
export interface ReleaseOnHost {
  readonly id: ReleaseId;
  readonly slot: Slot | undefined;
  /** `undefined` if neither a container nor a record exists there. */
  readonly observed: ObservedRelease | undefined;
  readonly record: Release | undefined;
}

/** A release as it is on a host. Without `slot`, it is in the slot of its containers. */
export function releaseOnHost(host: ObservedHost, id: ReleaseId, slot?: Slot): ReleaseOnHost {
  const observed = host.releases.find((release) => release.id === id);
  return { id, slot: slot ?? observed?.slot, observed, record: observed?.record };
}

/**
 * The traffic that the edge's files describe, unless they are out of date: the files outlive the edge. Without an edge, a
 * release that was never accepted here has no traffic.
 */
export function effectiveTraffic({
  edge,
  traffic,
  accepted,
}: Pick<ObservedHost, 'edge' | 'traffic' | 'accepted'>): Traffic | undefined {
  return edge.state === 'absent' && traffic?.release !== accepted ? undefined : traffic;
}

/** The release that has the traffic; without traffic, the accepted one if it still has containers. */
export function liveRelease(host: ObservedHost): ReleaseOnHost | undefined {
  if (host.traffic !== undefined) return releaseOnHost(host, host.traffic.release, host.traffic.slot);
  const accepted = host.accepted === undefined ? undefined : releaseOnHost(host, host.accepted);
  return (accepted?.observed?.containers.length ?? 0) > 0 ? accepted : undefined;
}

/** Names of the services of a release: from its record or, if the record is lost, from its containers. */
export function serviceNamesOf(release: ObservedRelease | undefined): readonly ServiceName[] {
  if (release === undefined) return [];
  if (release.record !== undefined) return Object.keys(release.record.services);
  return [...new Set(release.containers.map((container) => container.service))];
}

/** Names of the services of a release that have one of `roles`. */
export function servicesInRole(
  release: Release | undefined,
  ...roles: readonly Role[]
): readonly ServiceName[] {
  return Object.values(release?.services ?? {})
    .filter(({ role }) => roles.includes(role))
    .map(({ name }) => name);
}

const containersOf = (
  observed: ObservedRelease | undefined,
  name: ServiceName,
): readonly ObservedContainer[] => observed?.containers.filter(({ service }) => service === name) ?? [];

/** Whether the work of a service was done when its release was accepted, so that it needs no container any more. */
export const workIsDone = (observed: ObservedRelease | undefined, name: ServiceName): boolean =>
  observed?.ended?.includes(name) === true;

/**
 * Whether `enough` replicas of a service are up, by default all. A service that ends is up once it has ended with 0. One that
 * may end or run on is so if it ended by itself; without a restart policy nobody can tell whether a run has stopped it.
 */
export function serviceIsUp(observed: ObservedRelease, name: ServiceName, enough?: number): boolean {
  if (workIsDone(observed, name)) return true;
  const service = observed.record?.services[name];
  const containers = containersOf(observed, name);
  const ending = endingOf(service);
  if (ending === 'always') return containers.some(hasSucceeded);
  const up = containers.filter(
    (each) =>
      (each.state === 'running' && each.health !== 'unhealthy') ||
      (ending === 'maybe' && hasSucceeded(each) && each.restartPolicyState === 'not-disabled'),
  );
  return up.length >= (enough ?? service?.replicas ?? 1);
}

/** Whether a container has ended with 0. */
export const hasSucceeded = ({ state, exitCode }: Pick<ObservedContainer, 'state' | 'exitCode'>): boolean =>
  state === 'exited' && exitCode === 0;

/** Those of `names` of which not all replicas are up. */
export const servicesDown = (
  observed: ObservedRelease,
  names: readonly ServiceName[],
): readonly ServiceName[] => names.filter((name) => !serviceIsUp(observed, name));

/** Names of the services of a release that have a running container. */
export function runningServices(observed: ObservedRelease | undefined): readonly ServiceName[] {
  return observed?.containers.filter(({ state }) => state === 'running').map(({ service }) => service) ?? [];
}

/** Whether a release has a domain, so that the host needs the front. */
export const hasDomains = ({ routes }: Pick<Release, 'routes'>): boolean =>
  routes.some(({ domains }) => domains.length > 0);

/** Whether the front runs for no domain any more: a run that was to remove it with the last one was killed. */
export const isFrontLeft = (
  { frontRunning, hasOtherEdges, releases }: ObservedHost,
  release: Pick<Release, 'routes'>,
): boolean =>
  frontRunning &&
  hasOtherEdges !== true &&
  !hasDomains(release) &&
  releases.some(({ record }) => record !== undefined && hasDomains(record));

/** Whether a release has routes. If its record is lost it may have some, and they must stay. */
export const mayHaveRoutes = (release: ReleaseOnHost | undefined): boolean =>
  release !== undefined && (release.record === undefined || release.record.routes.length > 0);

/** Names of the services of a release that answer requests: of visitors, or of its other services. */
export function requestHandlingServices(observed: ObservedRelease): readonly ServiceName[] {
  const { record } = observed;
  if (record === undefined) return serviceNamesOf(observed);
  const routed = record.routes.map(({ service }) => service);
  return [...new Set([...servicesInRole(record, 'served', 'internal'), ...routed])];
}

/** Whether every service of a release that answers requests is up. */
export const isFullyServing = (observed: ObservedRelease): boolean =>
  observed.containers.length > 0 && servicesDown(observed, requestHandlingServices(observed)).length === 0;

/** The same without regard to health: under load a health check may fail although the service still answers. */
export function isFullyRunning(observed: ObservedRelease): boolean {
  const containers = observed.containers.map((each) => ({ ...each, health: undefined }));
  return isFullyServing({ ...observed, containers });
}

/** Whether every service of a release is up, workers included. */
export const isFullyUp = (observed: ObservedRelease): boolean =>
  observed.containers.length > 0 && servicesDown(observed, serviceNamesOf(observed)).length === 0;

/** Whether a running container of a release has lost its restart policy, so that it would stay down after a crash. */
export const lacksRestartPolicy = (observed: ObservedRelease): boolean =>
  observed.containers.some(({ restartPolicyState }) => restartPolicyState === 'missing');

/** Whether all containers that a release still needs exist, running or stopped, so that it needs no new ones. */
export const hasAllContainers = (observed: ObservedRelease | undefined): boolean =>
  observed?.record !== undefined &&
  Object.values(observed.record.services).every(
    ({ name, replicas }) => workIsDone(observed, name) || containersOf(observed, name).length >= replicas,
  );

/** Whether a release may run again once its containers are started. */
export const canRestart = (observed: ObservedRelease | undefined): boolean =>
  hasAllContainers(observed) && observed?.restartFailed !== true;

/** Whether a service has a container. If none was ever created, the service can't be started again. */
export const hasContainer = (observed: ObservedRelease | undefined, name: ServiceName): boolean =>
  containersOf(observed, name).length > 0;

/** How many replicas of a service exist: fewer than its release says if a run was killed before it created them all. */
export function existingReplicas(observed: ObservedRelease | undefined, name: ServiceName): number {
  const existing = containersOf(observed, name).length;
  return Math.min(existing, observed?.record?.services[name]?.replicas ?? existing);
}

/** The existing replicas of services; empty, which means all, if none is missing. */
export function existingReplicaRange(
  observed: ObservedRelease | undefined,
  names: readonly ServiceName[],
): ReplicaRange {
  const only = Object.fromEntries(names.map((name) => [name, existingReplicas(observed, name)]));
  const services = observed?.record?.services ?? {};
  return names.every((name) => only[name] === (services[name]?.replicas ?? only[name])) ? {} : { only };
}

/** Whether a container of a release runs, or would run again after a restart of the engine. */
export const mayRun = (observed: ObservedRelease): boolean =>
  observed.containers.some(
    (container) => !isStopped(container) || container.restartPolicyState === 'not-disabled',
  );

/** Whether nothing runs in a container: only then does the engine accept other networks for its next start. */
export const isStopped = ({ state }: { readonly state: string }): boolean =>
  state === 'exited' || state === 'created' || state === 'dead';

/** Whether an old replica of a service stops before the new one starts. */
export const isStopFirst = ({
  update,
}: {
  readonly update?: Pick<UpdateConfig, 'order'> | undefined;
}): boolean => update?.order === 'stop-first';
