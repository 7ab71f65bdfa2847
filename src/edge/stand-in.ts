import type { Route } from '../model/release.ts';
import { counterpart, type WithRoutes } from '../model/ways-in.ts';
import type { Addresses } from './addresses.ts';

/**
 * Where the routes of an edge find a release that was made for another one; without those that would lead nowhere. Pure.
 * @param addresses the release's own, by its own routes
 */
export function standIn(routes: readonly Route[], release: WithRoutes, addresses: Addresses): Addresses {
  return new Map(
    routes.flatMap((route) => {
      const found = addresses.get(counterpart(route, release)?.id ?? '') ?? [];
      return found.length === 0 ? [] : [[route.id, found] as const];
    }),
  );
}
