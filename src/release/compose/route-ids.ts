import type { PublishedPort, Route } from '../../model/release.ts';
import { isOnAllAddresses } from './service.ts';

/**
 * Gives ways in their names, by what the visitor sees and not by what answers him: the edge's config knows nothing else, so it
 * stays when a service is called otherwise or listens on another port inside. A published way is called after its lowest port,
 * `8080` or `80-127.0.0.1`. The only one that is reached by domains alone is `domains`, whichever they are; several of them
 * have only their service and its port to tell them apart, `web-3000`, since a domain may come or go without a new edge.
 */
export function withRouteIds(routes: readonly Omit<Route, 'id'>[]): readonly Route[] {
  const alone = routes.filter(({ published }) => published.length === 0).length === 1;
  return routes.map((route) => {
    const [first] = [...route.published].sort(compareByPort);
    return { id: first === undefined ? domainsId(route, alone) : addressId(first), ...route };
  });
}

/** No two are alike: what comes before the dash is digits here, and behind it there is more than digits. */
const addressId = ({ address, port }: PublishedPort): string =>
  address === undefined || isOnAllAddresses(address)
    ? `${port}`
    : `${port}-${address.replaceAll(/[^\w.]/g, '_')}`;

const domainsId = ({ service, containerPort }: Omit<Route, 'id'>, alone: boolean): string =>
  alone ? 'domains' : `${service}-${containerPort}`;

const compareByPort = (one: PublishedPort, other: PublishedPort): number =>
  one.port - other.port || (addressId(one) < addressId(other) ? -1 : 1);
