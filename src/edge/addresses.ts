import type { Slot } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';
import { MAX_SERVED_REPLICAS, type Route } from '../model/route.ts';
import { matchingRoute, type WithRoutes } from '../model/route-matching.ts';
import { addressFile } from './layout.ts';

/** `container:port` of each replica, by route. */
export type RouteAddresses = ReadonlyMap<string, readonly string[]>;

/**
 * The address files of a slot. The replicas of a route are repeated until every entry of the edge's config has one.
 * @throws ConfigurationError for a route with no replica or too many
 */
export function slotAddressFiles(slot: Slot, addresses: RouteAddresses): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0)
      throw new ConfigurationError(
        `route ${route}: none of its containers runs, so it can get no requests. Deploy again.`,
      );
    if (replicas.length > MAX_SERVED_REPLICAS) {
      throw new ConfigurationError(
        `route ${route} has ${replicas.length} replicas. The edge can send requests to at most ${MAX_SERVED_REPLICAS}. Lower deploy.replicas, or add hosts.`,
      );
    }
    for (let index = 0; index < MAX_SERVED_REPLICAS; index++) {
      files.set(addressFile(slot, route, index), replicas[index % replicas.length] ?? '');
    }
  }
  return files;
}

/**
 * One list with the replicas of two releases. The second release has `share` of the entries, spread evenly. If both have
 * replicas, each has at least one entry. If a release has more replicas than entries, some get none. Pure.
 */
export function mixAddresses(first: RouteAddresses, second: RouteAddresses, share: number): RouteAddresses {
  // A route that only the second release has is left out while no replica of it runs.
  const added = [...second].flatMap(([route, replicas]) => (replicas.length > 0 ? [route] : []));
  const count = Math.min(MAX_SERVED_REPLICAS - 1, Math.max(1, Math.round(MAX_SERVED_REPLICAS * share)));
  return new Map(
    [...new Set([...first.keys(), ...added])].map((route) => {
      const [ours, theirs] = [first.get(route) ?? [], second.get(route) ?? []];
      if (ours.length === 0 || theirs.length === 0) return [route, [...ours, ...theirs]];
      const entries = Array.from({ length: MAX_SERVED_REPLICAS }, (_, index) => {
        // The number of the second release's entries before this one.
        const before = Math.floor((index * count) / MAX_SERVED_REPLICAS);
        const isTheirs = Math.floor(((index + 1) * count) / MAX_SERVED_REPLICAS) > before;
        const [list, position] = isTheirs ? [theirs, before] : [ours, index - before];
        return list[position % list.length] ?? '';
      });
      return [route, entries];
    }),
  );
}

/**
 * The addresses of a release for the routes of an edge that was made for another release. A route without a match is left out.
 * Pure.
 *
 * @param addresses of the release, by its own routes
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
