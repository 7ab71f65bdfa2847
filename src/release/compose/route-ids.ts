import { isOnAllAddresses } from '../../model/published-port.ts';
import type { PublishedPort, Route } from '../../model/route.ts';

/**
 * Gives routes their ids, by what the visitor sees and not by the service that answers. The edge's config knows nothing else,
 * so it does not change when a service gets another name or another port in its container. A published route is named after
 * its lowest port: `8080` or `80-127.0.0.1`. The only route with domains alone is `domains`, whichever they are. Several such
 * routes are named after their service and its port, `web-3000`, since a domain may come or go without a new edge. So are those
 * that only a proxy of the Compose file leads to.
 */
export function withRouteIds(routes: readonly Omit<Route, 'id'>[]): readonly Route[] {
  const isOnly = routes.filter(hasOnlyDomains).length === 1;
  return routes.map((route) => {
    const [first] = [...route.published].sort(compareByPort);
    const domainsId = isOnly && hasOnlyDomains(route) ? 'domains' : `${route.service}-${route.containerPort}`;
    return { id: first === undefined ? domainsId : addressId(first), ...route };
  });
}

const hasOnlyDomains = ({ published, domains }: Omit<Route, 'id'>): boolean =>
  published.length === 0 && domains.length > 0;

/** Unique among all ids: before the dash it has only digits, and after it more than digits. */
const addressId = ({ address, port }: PublishedPort): string =>
  address === undefined || isOnAllAddresses(address)
    ? `${port}`
    : `${port}-${address.replaceAll(/[^\w.]/g, '_')}`;

const compareByPort = (one: PublishedPort, other: PublishedPort): number =>
  one.port - other.port || (addressId(one) < addressId(other) ? -1 : 1);
