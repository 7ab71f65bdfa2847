import type { RouteAddresses } from '../edge/addresses.ts';
import { fallbackAddresses } from '../edge/fallback.ts';
import type { ContainerSummary } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import { serviceOf } from './compose-labels.ts';
import { listReleaseContainers } from './containers.ts';
import type { HostContext } from './host-context.ts';
import { inspectAll } from './inspect.ts';

/** Which of a release's containers are meant, where not all are. */
export type ContainerFilter = (containers: readonly ContainerSummary[]) => readonly ContainerSummary[];

/**
 * Where the edge finds a release: `container:port` of each replica, by route.
 * @throws HostError when a route has no running container.
 */
export async function requireAddresses(context: HostContext, release: Release): Promise<RouteAddresses> {
  const addresses = await findAddresses(context, release, (all) => all);
  return requireAddressPerRoute(context, release, addresses);
}

/** The same of some of its containers, which may be none of a route. Requests are never sent to what does not run. */
export async function findAddresses(
  context: HostContext,
  release: Release,
  choose: ContainerFilter,
): Promise<RouteAddresses> {
  const running = choose(await listReleaseContainers(context, release.id)).filter(
    ({ state }) => state === 'running',
  );
  const containers = allowsFailedReplicas(release) ? await withoutUnhealthy(context, running) : running;
  return new Map(
    release.routes.map((route) => [
      route.id,
      containers
        .filter((container) => serviceOf(container) === route.service)
        .map((container) => `${container.name}:${route.containerPort}`),
    ]),
  );
}

/**
 * The same for whichever edge there is: one that was made for another release asks for its own routes, and is led to those that
 * stand for them here. So no edge is without addresses while it is replaced, by this run or when that is taken back.
 */
export function withFallbackAddresses(
  context: HostContext,
  release: Release,
  addresses: RouteAddresses,
): RouteAddresses {
  const others = [...context.releases.values()].map(({ routes }) =>
    fallbackAddresses(routes, release, addresses),
  );
  return new Map([...others.flatMap((each) => [...each]), ...addresses]);
}

/** @throws HostError when a route has none */
export function requireAddressPerRoute(
  context: HostContext,
  release: Release,
  addresses: RouteAddresses,
): RouteAddresses {
  for (const route of release.routes) {
    if ((addresses.get(route.id)?.length ?? 0) > 0) continue;
    throw new HostError(
      context.engine.host,
      `no container of ${route.service} in release ${release.id} is running.`,
    );
  }
  return addresses;
}

/** Whether the Compose file lets a release go live although some of its replicas have failed. */
function allowsFailedReplicas({ services }: Release): boolean {
  return Object.values(services).some(
    ({ update }) =>
      update !== undefined && (update.maxFailureRatio > 0 || update.failureAction === 'continue'),
  );
}

/** Those whose HEALTHCHECK fails get no requests, as long as there are others of the service. */
async function withoutUnhealthy(
  context: HostContext,
  containers: readonly ContainerSummary[],
): Promise<readonly ContainerSummary[]> {
  const details = await inspectAll(context.engine, containers);
  const isUnhealthy = ({ id }: ContainerSummary): boolean =>
    details.find((each) => each.id === id)?.health?.status === 'unhealthy';
  const well = new Set(containers.filter((each) => !isUnhealthy(each)).map(serviceOf));
  return containers.filter((each) => !(isUnhealthy(each) && well.has(serviceOf(each))));
}
