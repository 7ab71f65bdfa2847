import type { PublishedPort, Release, Route } from './release.ts';

/** Ways in of two releases, compared by what visitors see. Pure. */

export type WithRoutes = Pick<Release, 'routes'>;

/** Where a port is published, as one text: `127.0.0.1:8080`, `:80`. */
export const publishedAddress = ({ address, port }: PublishedPort): string => `${address ?? ''}:${port}`;

/**
 * The way in of a release that stands for another release's: at the same published port, or for the same domain; else to the same
 * port of the same service; else of the same name. A way in that the release does not have is `undefined`: it must open nothing
 * that was closed.
 */
export function matchingRoute(route: Route, { routes }: WithRoutes): Route | undefined {
  for (const is of ROUTE_MATCHERS) {
    const found = routes.find((each) => is(each, route));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** In this order: what visitors see counts more than what it is called. */
const ROUTE_MATCHERS: readonly ((one: Route, other: Route) => boolean)[] = [
  (one, other) => intersects(one.published.map(publishedAddress), other.published.map(publishedAddress)),
  (one, other) => intersects(one.domains, other.domains),
  (one, other) => one.service === other.service && one.containerPort === other.containerPort,
  (one, other) => one.id === other.id,
];

const intersects = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((each) => others.includes(each));
