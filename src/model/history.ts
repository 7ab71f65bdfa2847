import type { HostName } from './host-address.ts';
import type { ReleaseId } from './release.ts';

/** A line of a host's history; kept with the records. */
export interface HistoryEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly event: 'accepted' | 'rolled-back';
  /** Of an acceptance: what was asked for. */
  readonly command?: 'deploy' | 'rollback' | undefined;
  readonly release: ReleaseId;
  readonly previous: ReleaseId | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** Of an acceptance: all hosts that it was for. */
  readonly fleet?: readonly HostName[];
}

/**
 * The acceptances that stand, oldest first. One that was taken back again, because another host failed, does not count;
 * a release that was rolled back on another try than the one that was accepted stays accepted.
 */
export function standingAcceptances(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const standing: HistoryEntry[] = [];
  for (const entry of history) {
    if (entry.event !== 'rolled-back') standing.push(entry);
    else if (standing.at(-1)?.release === entry.release && entry.previous !== entry.release) standing.pop();
  }
  return standing;
}

/** The release that last passed every check and was not taken back since. */
export function lastAcceptedRelease(history: readonly HistoryEntry[]): ReleaseId | undefined {
  return standingAcceptances(history).at(-1)?.release;
}

/**
 * Hosts that the last deploy was for and that are not among today's. One that is only called otherwise now, with another user
 * for instance, is still there.
 */
export function removedHosts(
  histories: readonly (readonly HistoryEntry[])[],
  today: readonly HostName[],
): readonly HostName[] {
  const last = histories
    .flatMap((history) => standingAcceptances(history))
    .filter(({ fleet }) => fleet !== undefined)
    .reduce<HistoryEntry | undefined>(
      (newest, entry) => (newest === undefined || entry.at > newest.at ? entry : newest),
      undefined,
    );
  const known = new Set(today.map(hostnameOf));
  return (last?.fleet ?? []).filter((host) => !known.has(hostnameOf(host)));
}

/** What of a host's name says which machine it is: not how it is reached. */
const hostnameOf = (host: HostName): string =>
  host.replace(/^(?:ssh|tcp):\/\/(?:[^@/]*@)?/, '').replace(/:\d+$/, '');

/** The last standing acceptance of a release. */
export function lastAcceptanceOf(history: readonly HistoryEntry[], id: ReleaseId): HistoryEntry | undefined {
  return standingAcceptances(history).findLast((entry) => entry.release === id);
}

/**
 * The last `length` entries, and before them the acceptances of releases that are still there: a hundred failed deploys must
 * not make the one that serves forgotten.
 */
export function trimHistory(
  history: readonly HistoryEntry[],
  length: number,
  known: ReadonlySet<ReleaseId>,
): readonly HistoryEntry[] {
  if (history.length <= length) return history;
  const former = standingAcceptances(history.slice(0, -length));
  const needed = former.filter(
    (entry, index) =>
      index === former.length - 1 ||
      (known.has(entry.release) &&
        former.findLastIndex(({ release }) => release === entry.release) === index),
  );
  return [...needed, ...history.slice(-length)];
}
