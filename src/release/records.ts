import { createHash } from 'node:crypto';
import { type HistoryEntry, trimHistory } from '../model/history.ts';
import type { Release, ReleaseId } from '../model/release.ts';

/** What a host remembers of an app in an environment: its releases as they were made, and what happened to them. */
export interface Records {
  /** Grows with every write; the higher of the two files is the truth. */
  readonly sequence: number;
  readonly releases: readonly Release[];
  readonly history: readonly HistoryEntry[];
}

export const NO_RECORDS: Records = { sequence: 0, releases: [], history: [] };

/** Where the state of an app lies inside its volume. */
export const RECORD_FILES = ['records/a.json', 'records/b.json'] as const;

/** Lines of history that are kept. */
const HISTORY_LENGTH = 100;

/** Over the sequence number as well: a wrong one would make the older file the truth. */
const checksum = (sequence: number, body: string): string =>
  createHash('sha256').update(`${sequence}\n${body}`).digest('hex');

/**
 * The next write: which file, with what content. The two files are written in turn, each with a checksum, so a write that
 * is torn by a crash or a full disk leaves the one before it whole.
 */
export function writeRecords({ sequence, releases, history }: Records): {
  readonly file: (typeof RECORD_FILES)[number];
  readonly content: string;
} {
  const known = new Set(releases.map((release) => release.id));
  const body = JSON.stringify({ releases, history: trimHistory(history, HISTORY_LENGTH, known) });
  const head = JSON.stringify({ sequence, sha256: checksum(sequence, body) });
  return { file: RECORD_FILES[sequence % 2 === 0 ? 0 : 1], content: `${head}\n${body}\n` };
}

function parseRecords(content: string): Records | undefined {
  const [head = '', body = ''] = content.split('\n');
  try {
    const { sequence, sha256 }: { sequence: number; sha256: string } = JSON.parse(head);
    if (sha256 !== checksum(sequence, body)) return undefined;
    // The checksum vouches for it: this is what `writeRecords` was given.
    const { releases, history }: Pick<Records, 'releases' | 'history'> = JSON.parse(body);
    return { sequence, releases, history };
  } catch {
    return undefined;
  }
}

/** The newest whole records among the files of an app's volume. */
export function readRecords(files: ReadonlyMap<string, Buffer>): Records {
  const whole = RECORD_FILES.flatMap((name) => {
    const content = files.get(name);
    const records = content === undefined ? undefined : parseRecords(content.toString('utf8'));
    return records === undefined ? [] : [records];
  });
  return whole.reduce(
    (newest, records) => (records.sequence > newest.sequence ? records : newest),
    NO_RECORDS,
  );
}

/** Records with a release added or replaced. */
export function withRelease(records: Records, release: Release): Records {
  const others = records.releases.filter((other) => other.id !== release.id);
  return { ...records, sequence: records.sequence + 1, releases: [...others, release] };
}

/** Records with one more line of history. */
export function withEvent(records: Records, entry: HistoryEntry): Records {
  return { ...records, sequence: records.sequence + 1, history: [...records.history, entry] };
}

/** Records without some releases; what happened to them stays known. */
export function withoutReleases(records: Records, gone: readonly ReleaseId[]): Records {
  return {
    ...records,
    sequence: records.sequence + 1,
    releases: records.releases.filter((release) => !gone.includes(release.id)),
  };
}
