import { ConfigurationError } from '../model/errors.ts';
import type { Slot } from '../model/release.ts';
import { addressFile, fileName, UPSTREAMS } from './layout.ts';

/** `container:port` of each replica, by route. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/**
 * The address files of a slot: each route's replicas over and over, until every entry of the edge's config is filled.
 * @throws ConfigurationError for a route without or with too many replicas
 */
export function slotFiles(slot: Slot, addresses: Addresses): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0) throw new ConfigurationError(`${route} has no container to send requests to.`);
    if (replicas.length > UPSTREAMS) {
      throw new ConfigurationError(
        `${route} has ${replicas.length} replicas; the edge sends requests to ${UPSTREAMS} at most.`,
      );
    }
    for (let index = 0; index < UPSTREAMS; index++) {
      files.set(fileName(addressFile(slot, route, index)), replicas[index % replicas.length] ?? '');
    }
  }
  return files;
}

/**
 * The replicas of two releases in one list, each with the part of the requests that its replicas are of all. Where that is more
 * than the edge has entries for, some of each are left out, in the same proportion; of neither all, since it has as many entries
 * as a route may have replicas.
 */
export function mixed(some: Addresses, others: Addresses): Addresses {
  const has = (route: string, of: Addresses): boolean => (of.get(route)?.length ?? 0) > 0;
  // A way in that only one of them has leads nowhere while that one has no part in it.
  const routes = new Set([...some.keys(), ...[...others.keys()].filter((route) => has(route, others))]);
  return new Map(
    [...routes].map((route) => {
      const [ours, theirs] = [some.get(route) ?? [], others.get(route) ?? []];
      const all = ours.length + theirs.length;
      if (all <= UPSTREAMS) return [route, [...ours, ...theirs]] as const;
      const kept = Math.round((UPSTREAMS * ours.length) / all);
      return [route, [...ours.slice(0, kept), ...theirs.slice(0, UPSTREAMS - kept)]] as const;
    }),
  );
}
