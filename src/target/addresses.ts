import type { Addresses } from '../edge/addresses.ts';
import { standIn } from '../edge/stand-in.ts';
import type { ContainerSummary } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import { listed } from './containers.ts';
import { inspectAll } from './inspect.ts';
import { serviceOf } from './labels.ts';
import type { Work } from './work.ts';

/** Which of a release's containers are meant, where not all are. */
export type Choose = (containers: readonly ContainerSummary[]) => readonly ContainerSummary[];

/**
 * Where the edge finds a release: `container:port` of each replica, by route.
 * @throws HostError when a route has no running container.
 */
export async function addressesOf(work: Work, release: Release): Promise<Addresses> {
  const addresses = await someAddressesOf(work, release, (all) => all);
  return atLeastOne(work, release, addresses);
}

/** The same of some of its containers, which may be none of a route. Requests are never sent to what does not run. */
export async function someAddressesOf(work: Work, release: Release, choose: Choose): Promise<Addresses> {
  const running = choose(await listed(work, release.id)).filter(({ state }) => state === 'running');
  const containers = mayHaveFailed(release) ? await withoutUnhealthy(work, running) : running;
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
export function atEveryEdge(work: Work, release: Release, addresses: Addresses): Addresses {
  const others = [...work.releases.values()].map(({ routes }) => standIn(routes, release, addresses));
  return new Map([...others.flatMap((each) => [...each]), ...addresses]);
}

/** @throws HostError when a route has none */
export function atLeastOne(work: Work, release: Release, addresses: Addresses): Addresses {
  for (const route of release.routes) {
    if ((addresses.get(route.id)?.length ?? 0) > 0) continue;
    throw new HostError(
      work.engine.host,
      `no container of ${route.service} in release ${release.id} is running.`,
    );
  }
  return addresses;
}

/** Whether the Compose file lets a release go live although some of its replicas have failed. */
function mayHaveFailed({ services }: Release): boolean {
  return Object.values(services).some(
    ({ update }) =>
      update !== undefined && (update.maxFailureRatio > 0 || update.failureAction === 'continue'),
  );
}

/** Those whose HEALTHCHECK fails get no requests, as long as there are others of the service. */
async function withoutUnhealthy(
  work: Work,
  containers: readonly ContainerSummary[],
): Promise<readonly ContainerSummary[]> {
  const details = await inspectAll(work.engine, containers);
  const isUnhealthy = ({ id }: ContainerSummary): boolean =>
    details.find((each) => each.id === id)?.health?.status === 'unhealthy';
  const well = new Set(containers.filter((each) => !isUnhealthy(each)).map(serviceOf));
  return containers.filter((each) => !(isUnhealthy(each) && well.has(serviceOf(each))));
}
