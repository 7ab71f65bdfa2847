import { createHash } from 'node:crypto';
import { type HistoryEntry, lastAcceptanceOf, trimHistory } from '../model/history.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { asNumber, asObject, canonicalJson } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import { RECORD_FORMAT } from './record-format.ts';

/** What a host keeps about an app in an environment: its releases and its history. */
export interface Records {
  /** Grows with every write. Of the two files, the one with the higher number is valid. */
  readonly sequence: number;
  readonly releases: readonly Release[];
  readonly history: readonly HistoryEntry[];
}

export const NO_RECORDS: Records = { sequence: 0, releases: [], history: [] };

/** Paths in the volume of an app. */
const RECORD_FILES = ['records/a.json', 'records/b.json'] as const;

/** Entries of the history that are kept. */
const HISTORY_LENGTH = 100;

/** Covers the sequence number too: with a wrong one the older file would be valid. */
const checksum = (sequence: number, body: string): string =>
  createHash('sha256').update(`${sequence}\n${body}`).digest('hex');

/**
 * The file and content of the next write. The two files are written alternately, each with a checksum, so a write that a crash
 * or a full disk cuts short leaves the previous one intact.
 */
export function writeRecords({ sequence, releases, history }: Records): {
  readonly file: (typeof RECORD_FILES)[number];
  readonly content: string;
} {
  const known = new Set(releases.map((release) => release.id));
  const body = JSON.stringify({ releases, history: trimHistory(history, HISTORY_LENGTH, known) });
  const head = JSON.stringify({ sequence, format: RECORD_FORMAT, sha256: checksum(sequence, body) });
  return { file: RECORD_FILES[sequence % 2 === 0 ? 0 : 1], content: `${head}\n${body}\n` };
}

function parseRecords(content: string): Records | undefined {
  const [head = '', body = ''] = content.split('\n');
  try {
    const { sequence, sha256 }: { sequence: number; sha256: string } = JSON.parse(head);
    if (sha256 !== checksum(sequence, body)) return undefined;
    // The checksum shows that `writeRecords` wrote it.
    const { releases, history }: Pick<Records, 'releases' | 'history'> = JSON.parse(body);
    return { sequence, releases, history };
  } catch {
    return undefined;
  }
}

/** The newest form in which the records among the files of an app's volume are written; 0 if they do not say it. */
export const recordFormat = (files: ReadonlyMap<string, Buffer>): number =>
  Math.max(...RECORD_FILES.map((name) => formatInHead(files.get(name)?.toString('utf8') ?? '')));

function formatInHead(content: string): number {
  const [head = ''] = content.split('\n', 1);
  try {
    return asNumber(asObject(JSON.parse(head))['format']) ?? 0;
  } catch {
    return 0;
  }
}

/** Whether there are records of which none are intact. That is not the same as none: something was deployed. */
export const areUnreadable = (files: ReadonlyMap<string, Buffer>): boolean =>
  RECORD_FILES.some((name) => files.has(name)) && readRecords(files) === NO_RECORDS;

/** The newest intact records among the files of an app's volume. */
export function readRecords(files: ReadonlyMap<string, Buffer>): Records {
  return RECORD_FILES.map((name) => parseRecords(files.get(name)?.toString('utf8') ?? '')).reduce<Records>(
    (newest, records) => (records !== undefined && records.sequence > newest.sequence ? records : newest),
    NO_RECORDS,
  );
}

/** Records with a release added or replaced. */
export function withRelease(records: Records, release: Release): Records {
  const { releases } = withoutReleases(records, [release.id]);
  return { ...records, sequence: records.sequence + 1, releases: [...releases, release] };
}

/**
 * Whether records have a release just as it is, so that a rollback to it need not write it. The place of one that was never
 * accepted says when it was tried, so that is written each time.
 */
export const haveRelease = ({ releases, history }: Records, release: Release): boolean =>
  lastAcceptanceOf(history, release.id) !== undefined &&
  releases.some((each) => each.id === release.id && canonicalJson(each) === canonicalJson(release));

/** Records with one more entry of history. */
export function withEvent(records: Records, entry: HistoryEntry): Records {
  return { ...records, sequence: records.sequence + 1, history: [...records.history, entry] };
}

/** Records without some releases. The history keeps their entries. */
export function withoutReleases(records: Records, ids: readonly ReleaseId[]): Records {
  return {
    ...records,
    sequence: records.sequence + 1,
    releases: records.releases.filter((release) => !ids.includes(release.id)),
  };
}
