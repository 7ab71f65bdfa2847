import type { ServiceName } from './identifiers.ts';
import { canonicalJson } from './json.ts';
import type { Release } from './release.ts';
import type { PublishedPort, Route } from './route.ts';

/** Compares the routes of two releases by what visitors see. All functions are pure. */

export type WithRoutes = Pick<Release, 'routes'>;

/** Where a port is published, as one text: `127.0.0.1:8080`, `:80`. */
export const publishedAddress = ({ address, port }: PublishedPort): string => `${address ?? ''}:${port}`;

/**
 * The route of a release that corresponds to a route of another one: it has a published port or a domain in common, or else the
 * same service and port, or else the same id. `undefined` if there is none: then nothing may be opened that was closed.
 */
export function matchingRoute(route: Route, { routes }: WithRoutes): Route | undefined {
  for (const matches of ROUTE_MATCHERS) {
    const found = routes.find((each) => matches(each, route));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** In order: what visitors see counts more than a name. */
const ROUTE_MATCHERS: readonly ((one: Route, other: Route) => boolean)[] = [
  (one, other) => intersects(one.published.map(publishedAddress), other.published.map(publishedAddress)),
  (one, other) => intersects(one.domains, other.domains),
  (one, other) => one.service === other.service && one.containerPort === other.containerPort,
  (one, other) => one.id === other.id,
];

const intersects = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((each) => others.includes(each));

const routesTo = ({ routes }: WithRoutes, service: ServiceName): readonly Route[] =>
  routes.filter((route) => route.service === service);

export const serviceHasRoutes = (release: WithRoutes, service: ServiceName): boolean =>
  routesTo(release, service).length > 0;

/** Whether all routes to a service point to the same service in both releases. Ports and domains may differ. */
export function routesMatchForService(one: WithRoutes, other: WithRoutes, service: ServiceName): boolean {
  const [ours, theirs] = [routesTo(one, service), routesTo(other, service)];
  const allMatch = (routes: readonly Route[], by: WithRoutes): boolean =>
    routes.every((route) => matchingRoute(route, by)?.service === service);
  return ours.length === theirs.length && allMatch(ours, other) && allMatch(theirs, one);
}

/** Whether the edge of one release can send requests to another one, whatever its services are called. */
export function canShareEdge(one: WithRoutes, other: WithRoutes): boolean {
  const pairs = one.routes.map((route) => [route, matchingRoute(route, other)] as const);
  return (
    one.routes.length === other.routes.length &&
    pairs.every(([route, match]) => match !== undefined && match.protocol === route.protocol) &&
    new Set(pairs.map(([, match]) => match?.id)).size === other.routes.length
  );
}

/** Why a release needs another edge than the old one; `undefined` if its routes show no difference. */
export function describeRouteChange(old: WithRoutes, release: WithRoutes): string | undefined {
  const differ = (texts: (route: Route) => readonly string[]): boolean =>
    sortedText(old.routes, texts) !== sortedText(release.routes, texts);
  if (differ(publishedAddresses)) return 'published ports have changed';
  const changed = release.routes.find((route) => {
    const before = matchingRoute(route, old);
    return before !== undefined && before.protocol !== route.protocol;
  });
  if (changed !== undefined)
    return `port ${changed.containerPort} of ${changed.service} has another protocol, so it gives no answers until the switch`;
  const joinedAddresses = (route: Route): string => publishedAddresses(route).join(' ');
  if (differ((route) => (joinedAddresses(route) === '' ? [] : [joinedAddresses(route)])))
    return 'published ports point elsewhere';
  if (differ((route) => (route.domains.length > 0 ? [`domain ${joinedAddresses(route)}`] : [])))
    return 'domains point elsewhere';
  if (differ(({ upstream }) => (upstream === undefined ? [] : [canonicalJson(upstream)])))
    return 'proxies of the Compose file lead elsewhere';
  const hasOnlyDomains = (route: Route): boolean => route.published.length === 0;
  if (differ((route) => (hasOnlyDomains(route) ? [`${route.service}:${route.containerPort}`] : [])))
    return 'services that have only domains have changed';
  return differ(({ id }) => [id]) ? 'another version of Sealift named its routes' : undefined;
}

const publishedAddresses = ({ published }: Route): readonly string[] =>
  published.map(publishedAddress).sort();

const sortedText = (routes: readonly Route[], texts: (route: Route) => readonly string[]): string =>
  routes.flatMap(texts).sort().join('\n');
