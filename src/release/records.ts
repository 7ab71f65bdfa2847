import { createHash } from 'node:crypto';
import type { HistoryEntry } from '../model/host.ts';
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

const sum = (body: string): string => createHash('sha256').update(body).digest('hex');

/**
 * The next write: which file, with what content. The two files are written in turn, each with a checksum, so a write that
 * is torn by a crash or a full disk leaves the one before it whole.
 */
export function writeRecords(records: Records): {
  readonly file: (typeof RECORD_FILES)[number];
  readonly content: string;
} {
  const body = JSON.stringify({
    releases: records.releases,
    history: records.history.slice(-HISTORY_LENGTH),
  });
  const head = JSON.stringify({ sequence: records.sequence, sha256: sum(body) });
  return { file: RECORD_FILES[records.sequence % 2 === 0 ? 0 : 1], content: `${head}\n${body}\n` };
}

function parseRecords(content: string): Records | undefined {
  const [head = '', body = ''] = content.split('\n');
  try {
    const { sequence, sha256 } = JSON.parse(head) as { sequence: number; sha256: string };
    if (sha256 !== sum(body)) return undefined;
    const { releases, history } = JSON.parse(body) as Pick<Records, 'releases' | 'history'>;
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

export function withEvent(records: Records, entry: HistoryEntry): Records {
  return { ...records, sequence: records.sequence + 1, history: [...records.history, entry] };
}

export function withoutReleases(records: Records, gone: readonly ReleaseId[]): Records {
  return {
    ...records,
    sequence: records.sequence + 1,
    releases: records.releases.filter((release) => !gone.includes(release.id)),
  };
}

/** The release that last passed every check here and was not taken back since. */
export function acceptedRelease(history: readonly HistoryEntry[]): ReleaseId | undefined {
  return history.reduce<ReleaseId | undefined>((accepted, entry) => {
    if (entry.event !== 'turned-back') return entry.release;
    return entry.release === accepted ? entry.previous : accepted;
  }, undefined);
}
