import type { PublishedPort, Route } from '../../model/release.ts';
import { isOnAll } from './service.ts';

/**
 * Gives ways in their names, by what the visitor sees and not by what answers him: the edge's config knows nothing else, so it
 * stays when a service is called otherwise or listens on another port inside. A published way is called after its lowest port,
 * `8080` or `80-127.0.0.1`. The only one that is reached by domains alone is `domains`, whichever they are; several of them
 * have only their service and its port to tell them apart, `web-3000`, since a domain may come or go without a new edge.
 */
export function withIds(routes: readonly Omit<Route, 'id'>[]): readonly Route[] {
  const alone = routes.filter(({ published }) => published.length === 0).length === 1;
  return routes.map((route) => {
    const [first] = [...route.published].sort(byPort);
    return { id: first === undefined ? byDomains(route, alone) : byAddress(first), ...route };
  });
}

/** No two are alike: what comes before the dash is digits here, and behind it there is more than digits. */
const byAddress = ({ address, port }: PublishedPort): string =>
  address === undefined || isOnAll(address) ? `${port}` : `${port}-${address.replaceAll(/[^\w.]/g, '_')}`;

const byDomains = ({ service, containerPort }: Omit<Route, 'id'>, alone: boolean): string =>
  alone ? 'domains' : `${service}-${containerPort}`;

const byPort = (one: PublishedPort, other: PublishedPort): number =>
  one.port - other.port || (byAddress(one) < byAddress(other) ? -1 : 1);
