import type { ObservedHost } from '../model/host.ts';
import type { Release } from '../model/release.ts';

/**
 * A release with the id under which its content is live. A release that was made with `force` has an id of its own; the same
 * content without `force` is that release, not a new one. Pure.
 */
export function reuseLiveReleaseId(release: Release, hosts: readonly ObservedHost[]): Release {
  const accepted = new Set(hosts.map((host) => host.accepted));
  const forced = hosts
    .flatMap((host) => host.releases)
    .find(({ id, record }) => accepted.has(id) && record?.contentId === release.id);
  return forced === undefined ? release : { ...release, id: forced.id, contentId: release.id };
}
