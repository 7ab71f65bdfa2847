import type { Route } from '../model/release.ts';
import { matchingRoute, type WithRoutes } from '../model/route-matching.ts';
import type { RouteAddresses } from './addresses.ts';

/**
 * Where the routes of an edge find a release that was made for another one; without those that would lead nowhere. Pure.
 * @param addresses the release's own, by its own routes
 */
export function fallbackAddresses(
  routes: readonly Route[],
  release: WithRoutes,
  addresses: RouteAddresses,
): RouteAddresses {
  return new Map(
    routes.flatMap((route) => {
      const found = addresses.get(matchingRoute(route, release)?.id ?? '') ?? [];
      return found.length === 0 ? [] : [[route.id, found] as const];
    }),
  );
}
