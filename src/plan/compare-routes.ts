import type { Route, ServiceName } from '../model/release.ts';
import { matchingRoute, publishedAddress, type WithRoutes } from '../model/route-matching.ts';

/** The ways in of two releases, compared: what one edge can do for both, and why it must be another. Pure. */

/** Whether a service has ways in. */
export const serviceHasRoutes = ({ routes }: WithRoutes, service: ServiceName): boolean =>
  routes.some((route) => route.service === service);

/** Whether all of a service's ways in lead to the same service in two releases; ports and domains may be others. */
export function routesMatchForService(one: WithRoutes, other: WithRoutes, service: ServiceName): boolean {
  const [ours, theirs] = [routesTo(one, service), routesTo(other, service)];
  const allMatch = (routes: readonly Route[], by: WithRoutes): boolean =>
    routes.every((route) => matchingRoute(route, by)?.service === service);
  return ours.length === theirs.length && allMatch(ours, other) && allMatch(theirs, one);
}

/** Whether the edge of one release can lead to another one, whichever services answer there. */
export const canShareEdge = (one: WithRoutes, other: WithRoutes): boolean =>
  one.routes.length === other.routes.length &&
  new Set(one.routes.map((route) => matchingRoute(route, other)?.id)).size === other.routes.length &&
  one.routes.every((route) => matchingRoute(route, other) !== undefined);

/** Why the edge of one release can't be another's; `undefined` where nothing of it shows. */
export function describeRouteChange(old: WithRoutes, release: WithRoutes): string | undefined {
  const differ = (texts: (route: Route) => readonly string[]): boolean =>
    sortedText(old.routes, texts) !== sortedText(release.routes, texts);
  if (differ(publishedAddresses)) return 'published ports have changed';
  const joinedAddresses = (route: Route): string => publishedAddresses(route).join(' ');
  if (differ((route) => (joinedAddresses(route) === '' ? [] : [joinedAddresses(route)])))
    return 'published ports lead elsewhere';
  if (differ((route) => (route.domains.length > 0 ? [`domain ${joinedAddresses(route)}`] : [])))
    return 'domains lead elsewhere';
  const byDomains = (route: Route): boolean => route.published.length === 0;
  if (differ((route) => (byDomains(route) ? [`${route.service}:${route.containerPort}`] : [])))
    return 'services that only domains lead to have changed';
  return differ(({ id }) => [id]) ? 'another version of Sealift named its ways in' : undefined;
}

const routesTo = ({ routes }: WithRoutes, service: ServiceName): readonly Route[] =>
  routes.filter((route) => route.service === service);

const publishedAddresses = ({ published }: Route): readonly string[] =>
  published.map(publishedAddress).sort();

const sortedText = (routes: readonly Route[], texts: (route: Route) => readonly string[]): string =>
  routes.flatMap(texts).sort().join('\n');
