import type { HistoryEntry } from './host.ts';
import type { ReleaseId } from './release.ts';

/**
 * The acceptances that stand, oldest first. One that was taken back again, because another host failed, does not count;
 * a release that was turned back on another try than the one that was accepted stays accepted.
 */
export function acceptances(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const standing: HistoryEntry[] = [];
  for (const entry of history) {
    if (entry.event !== 'turned-back') standing.push(entry);
    else if (standing.at(-1)?.release === entry.release && entry.previous !== entry.release) standing.pop();
  }
  return standing;
}

/** The release that last passed every check and was not taken back since. */
export function acceptedRelease(history: readonly HistoryEntry[]): ReleaseId | undefined {
  return acceptances(history).at(-1)?.release;
}

/** The last standing acceptance of a release. */
export function acceptanceOf(history: readonly HistoryEntry[], id: ReleaseId): HistoryEntry | undefined {
  return acceptances(history).findLast((entry) => entry.release === id);
}

/**
 * The last `length` entries, and before them the acceptances of releases that are still there: a hundred failed deploys must
 * not make the one that serves forgotten.
 */
export function shortened(
  history: readonly HistoryEntry[],
  length: number,
  known: ReadonlySet<ReleaseId>,
): readonly HistoryEntry[] {
  if (history.length <= length) return history;
  const former = acceptances(history.slice(0, -length));
  const needed = former.filter(
    (entry, index) =>
      index === former.length - 1 ||
      (known.has(entry.release) &&
        former.findLastIndex(({ release }) => release === entry.release) === index),
  );
  return [...needed, ...history.slice(-length)];
}
