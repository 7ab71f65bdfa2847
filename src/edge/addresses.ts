import { ConfigurationError } from '../model/errors.ts';
import type { Slot } from '../model/release.ts';
import { addressFile, fileName, MAX_UPSTREAMS } from './layout.ts';

/** `container:port` of each replica, by route. */
export type RouteAddresses = ReadonlyMap<string, readonly string[]>;

/**
 * The address files of a slot: each route's replicas over and over, until every entry of the edge's config is filled.
 * @throws ConfigurationError for a route without or with too many replicas
 */
export function slotAddressFiles(slot: Slot, addresses: RouteAddresses): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0) throw new ConfigurationError(`${route} has no container to send requests to.`);
    if (replicas.length > MAX_UPSTREAMS) {
      throw new ConfigurationError(
        `${route} has ${replicas.length} replicas; the edge sends requests to ${MAX_UPSTREAMS} at most.`,
      );
    }
    for (let index = 0; index < MAX_UPSTREAMS; index++) {
      files.set(fileName(addressFile(slot, route, index)), replicas[index % replicas.length] ?? '');
    }
  }
  return files;
}

/**
 * The replicas of two releases in one list, in which the others have their share of the entries, spread evenly; of neither all,
 * where there are some of both. Where one release has more replicas than entries, some of them are left out. Pure.
 */
export function mixAddresses(first: RouteAddresses, second: RouteAddresses, share: number): RouteAddresses {
  const has = (route: string, of: RouteAddresses): boolean => (of.get(route)?.length ?? 0) > 0;
  // A way in that only one of them has leads nowhere while that one has no part in it.
  const routes = new Set([...first.keys(), ...[...second.keys()].filter((route) => has(route, second))]);
  const part = Math.min(MAX_UPSTREAMS - 1, Math.max(1, Math.round(MAX_UPSTREAMS * share)));
  return new Map(
    [...routes].map((route) => {
      const [ours, theirs] = [first.get(route) ?? [], second.get(route) ?? []];
      if (ours.length === 0 || theirs.length === 0) return [route, [...ours, ...theirs]] as const;
      const entries = Array.from({ length: MAX_UPSTREAMS }, (_, index) => {
        // Of the entries up to this one so many are theirs.
        const before = Math.floor((index * part) / MAX_UPSTREAMS);
        const isTheirs = Math.floor(((index + 1) * part) / MAX_UPSTREAMS) > before;
        const [list, at] = isTheirs ? [theirs, before] : [ours, index - before];
        return list[at % list.length] ?? '';
      });
      return [route, entries] as const;
    }),
  );
}
