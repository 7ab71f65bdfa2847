import type { Approval } from './approval.ts';
import type { HostName, ReleaseId, ServiceName } from './identifiers.ts';

/** An event in the history of a host; kept with the records. */
export interface HistoryEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly event: 'accepted' | 'rolled-back';
  /** Which command it belongs to; `undefined` also for a run that only took back what another one had accepted. */
  readonly command?: 'deploy' | 'rollback' | undefined;
  readonly release: ReleaseId;
  readonly previous: ReleaseId | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** The commit of the release. Older records have none. */
  readonly revision?: string | undefined;
  /** Milliseconds from the start of the run. Older records have none. */
  readonly durationMs?: number | undefined;
  /** Who approved the run. Older records have none. */
  readonly approval?: Approval | undefined;
  /** All hosts of the deploy, for an acceptance. */
  readonly fleet?: readonly HostName[];
  /** Services that might have run on and had ended with 0, for an acceptance. Those that always end are not listed. */
  readonly ended?: readonly ServiceName[];
}

/**
 * The acceptances that are still valid, oldest first. An acceptance that was rolled back, because another host failed, is
 * not. A release that failed in a later attempt stays accepted.
 */
export function validAcceptances(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const valid: HistoryEntry[] = [];
  for (const entry of history) {
    if (entry.event !== 'rolled-back') valid.push(entry);
    else if (valid.at(-1)?.release === entry.release && entry.previous !== entry.release) valid.pop();
  }
  return valid;
}

/** The release that last passed every check and was not rolled back since. */
export function lastAcceptedRelease(history: readonly HistoryEntry[]): ReleaseId | undefined {
  return validAcceptances(history).at(-1)?.release;
}

/** The last valid acceptance of a release. */
export function lastAcceptanceOf(history: readonly HistoryEntry[], id: ReleaseId): HistoryEntry | undefined {
  return validAcceptances(history).findLast((entry) => entry.release === id);
}

/** The release that was accepted last before `live`. */
export const releaseBefore = (history: readonly HistoryEntry[], live?: ReleaseId): ReleaseId | undefined =>
  validAcceptances(history).findLast(({ release }) => release !== live)?.release;

/** Hosts of the last accepted deploy that are not in the fleet any more. A host with another user or port is the same. */
export function removedHosts(
  histories: readonly (readonly HistoryEntry[])[],
  fleet: readonly HostName[],
): readonly HostName[] {
  const acceptances = histories.flatMap((history) => validAcceptances(history));
  const [last] = acceptances
    .filter((entry) => entry.fleet !== undefined)
    .toSorted((one, other) => other.at.localeCompare(one.at));
  const known = new Set(fleet.map(hostnameOf));
  return (last?.fleet ?? []).filter((host) => !known.has(hostnameOf(host)));
}

/** The part of the name of a host that identifies the machine, without user and port. */
const hostnameOf = (host: HostName): string =>
  host.replace(/^(?:ssh|tcp):\/\/(?:[^@/]*@)?/, '').replace(/:\d+$/, '');

/**
 * The last `length` entries, and before them the acceptances of known releases and the last acceptance. Otherwise a hundred
 * failed deploys would push out the entry of the live release.
 */
export function trimHistory(
  history: readonly HistoryEntry[],
  length: number,
  known: ReadonlySet<ReleaseId>,
): readonly HistoryEntry[] {
  if (history.length <= length) return history;
  const older = validAcceptances(history.slice(0, -length));
  const needed = older.filter(
    (entry, index) =>
      index === older.length - 1 ||
      (known.has(entry.release) && older.findLastIndex(({ release }) => release === entry.release) === index),
  );
  return [...needed, ...history.slice(-length)];
}
