import type { HistoryEntry } from '../model/history.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { endingOf, type Release } from '../model/release.ts';

/**
 * Services of a release whose work was done when the release was accepted on a host, in any run: an acceptance that was taken
 * back does not undo what they did. Pure.
 */
export function endedServices(
  release: Pick<Release, 'id' | 'services'>,
  history: readonly HistoryEntry[],
): readonly ServiceName[] {
  const acceptances = history.filter(({ event, release: id }) => event === 'accepted' && id === release.id);
  if (acceptances.length === 0) return [];
  const some = new Set(acceptances.flatMap(({ ended = [] }) => ended));
  return Object.values(release.services)
    .filter((service) => endingOf(service) === 'always' || some.has(service.name))
    .map(({ name }) => name);
}
