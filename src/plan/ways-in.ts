import type { Route, ServiceName } from '../model/release.ts';
import { counterpart, hostAddress, type WithRoutes } from '../model/ways-in.ts';

/** The ways in of two releases, compared: what one edge can do for both, and why it must be another. Pure. */

/** Whether a service has ways in. */
export const hasWaysIn = ({ routes }: WithRoutes, service: ServiceName): boolean =>
  routes.some((route) => route.service === service);

/** Whether all of a service's ways in lead to the same service in two releases; ports and domains may be others. */
export function leadToTheSame(one: WithRoutes, other: WithRoutes, service: ServiceName): boolean {
  const [ours, theirs] = [routesTo(one, service), routesTo(other, service)];
  const led = (routes: readonly Route[], by: WithRoutes): boolean =>
    routes.every((route) => counterpart(route, by)?.service === service);
  return ours.length === theirs.length && led(ours, other) && led(theirs, one);
}

/** Whether the edge of one release can lead to another one, whichever services answer there. */
export const areAllIn = (one: WithRoutes, other: WithRoutes): boolean =>
  one.routes.length === other.routes.length &&
  new Set(one.routes.map((route) => counterpart(route, other)?.id)).size === other.routes.length &&
  one.routes.every((route) => counterpart(route, other) !== undefined);

/** Why the edge of one release can't be another's; `undefined` where nothing of it shows. */
export function whatChanged(old: WithRoutes, release: WithRoutes): string | undefined {
  const differ = (texts: (route: Route) => readonly string[]): boolean =>
    textOf(old.routes, texts) !== textOf(release.routes, texts);
  if (differ(addressesOf)) return 'published ports have changed';
  const together = (route: Route): string => addressesOf(route).join(' ');
  if (differ((route) => (together(route) === '' ? [] : [together(route)])))
    return 'published ports lead elsewhere';
  if (differ((route) => (route.domains.length > 0 ? [`domain ${together(route)}`] : [])))
    return 'domains lead elsewhere';
  const byDomains = (route: Route): boolean => route.published.length === 0;
  if (differ((route) => (byDomains(route) ? [`${route.service}:${route.containerPort}`] : [])))
    return 'services that only domains lead to have changed';
  return differ(({ id }) => [id]) ? 'another version of Sealift named its ways in' : undefined;
}

const routesTo = ({ routes }: WithRoutes, service: ServiceName): readonly Route[] =>
  routes.filter((route) => route.service === service);

const addressesOf = ({ published }: Route): readonly string[] => published.map(hostAddress).sort();

const textOf = (routes: readonly Route[], texts: (route: Route) => readonly string[]): string =>
  routes.flatMap(texts).sort().join('\n');
