import type { ObservedHost } from '../model/host.ts';
import type { Release } from '../model/release.ts';
import { liveRelease, servicesInRole } from './host-queries.ts';

/** Milliseconds in which a proxy of the user's own notices that there are others to ask: Traefik takes up to 2 s. */
export const MIN_PROXY_OVERLAP = 5_000;

/**
 * How long the old release runs on beside the new one: as long as was asked for; and where no edge of Sealift's moves the
 * requests, at least long enough for another proxy to find the new one. Pure.
 */
export function proxyOverlap(release: Release, hosts: readonly ObservedHost[], bake: number): number {
  const replaces = hosts.map(liveRelease).some((live) => live !== undefined && live.id !== release.id);
  const found = release.routes.length === 0 && servicesInRole(release, 'internal').length > 0;
  return replaces && found ? Math.max(bake, MIN_PROXY_OVERLAP) : bake;
}
