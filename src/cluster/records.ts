import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import { SealiftError } from '../model/errors.ts';
import { type HistoryEntry, trimHistory, validAcceptances } from '../model/history.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import { asNumber, asObject, isObject } from '../model/json.ts';
import { thisJob } from '../model/place-words.ts';
import { newerFormatError, RECORD_FORMAT } from '../release/record-format.ts';

/**
 * What a cluster keeps about an app in an environment. Each event is a document of its own, which never changes: it has the
 * release that it is about, and the history up to then. The newest document has the whole history. Pure.
 */
export interface ClusterRecords<Definition> {
  /** Of the newest document, also of one that can't be read; 0 if there is none. */
  readonly sequence: number;
  /** Names of documents that can't be read: of releases of which nobody knows what they need. Left out if there are none. */
  readonly unreadable?: readonly string[];
  readonly documents: readonly RecordDocument<Definition>[];
  readonly history: readonly HistoryEntry[];
  /** Each release as it was recorded last. */
  readonly releases: readonly ClusterRelease<Definition>[];
}

export interface RecordDocument<Definition> {
  /** Grows by one with each event. */
  readonly sequence: number;
  readonly release: ClusterRelease<Definition>;
  readonly history: readonly HistoryEntry[];
}

/** Another run has recorded something since the records were read. */
export class ForeignRecordError extends SealiftError {
  override readonly name = 'ForeignRecordError';

  constructor(of: AppEnvironment, sequence: number, cause: unknown) {
    super(
      `Another run has deployed ${baseProject(of)} in the meantime: record ${sequence} exists already. Run ${thisJob()} again.`,
      { cause },
    );
  }
}

/** A document as a cluster keeps it. */
export interface StoredDocument {
  /** It ends with the document's number. */
  readonly name: string;
  readonly text: string;
}

/** Entries of the history that are kept. */
const KEPT_ENTRIES = 100;

/**
 * The records that a cluster keeps, in any order.
 * @throws ConfigurationError if a newer Sealift has written one of them
 */
export function storedRecords<Definition>(
  host: HostName,
  stored: readonly StoredDocument[],
): ClusterRecords<Definition> {
  const format = Math.max(0, ...stored.map(({ text }) => documentFormat(text)));
  if (format > RECORD_FORMAT) throw newerFormatError(host, format);
  const records = clusterRecords<Definition>(stored.map(({ text }) => text));
  const unreadable = stored.filter(({ text }) => parseDocument(text) === undefined).map(({ name }) => name);
  if (unreadable.length === 0) return records;
  // The next document needs a name that is free.
  const numbers = unreadable.map((name) => Number(/\d+$/.exec(name)?.[0] ?? 0));
  return { ...records, sequence: Math.max(records.sequence, ...numbers), unreadable };
}

/** The records in these documents, in any order. What is no document is left out. */
export function clusterRecords<Definition>(texts: readonly string[]): ClusterRecords<Definition> {
  const documents = texts
    .flatMap((text) => parseDocument<Definition>(text) ?? [])
    .toSorted((one, other) => one.sequence - other.sequence);
  const releases = new Map(documents.map(({ release }) => [release.id, release]));
  const newest = documents.at(-1);
  return {
    sequence: newest?.sequence ?? 0,
    documents,
    history: newest?.history ?? [],
    releases: [...releases.values()],
  };
}

/** The document of the next event. */
export function nextDocument<Definition>(
  records: ClusterRecords<Definition>,
  release: ClusterRelease<Definition>,
  entry: HistoryEntry,
): RecordDocument<Definition> {
  const known = new Set(records.releases.map(({ id }) => id));
  const history = trimHistory([...records.history, entry], KEPT_ENTRIES, known);
  return { sequence: records.sequence + 1, release, history };
}

export const documentText = (document: RecordDocument<unknown>): string =>
  JSON.stringify({ version: RECORD_FORMAT, ...document });

/** The form of a document; 0 if it does not say it. */
function documentFormat(text: string): number {
  try {
    return asNumber(asObject(JSON.parse(text))['version']) ?? 0;
  } catch {
    return 0;
  }
}

function parseDocument<Definition>(text: string): RecordDocument<Definition> | undefined {
  try {
    const data: unknown = JSON.parse(text);
    if (!isObject(data) || data['version'] !== RECORD_FORMAT) return undefined;
    if (!isObject(data['release']) || !Array.isArray(data['history'])) return undefined;
    // Only Sealift writes documents with its labels, and `documentText` wrote this one.
    const document: RecordDocument<Definition> = JSON.parse(text);
    return document;
  } catch {
    return undefined;
  }
}

/** The last accepted release, from its record. */
export function acceptedRelease<Definition>({
  history,
  releases,
}: ClusterRecords<Definition>): ClusterRelease<Definition> | undefined {
  const id = validAcceptances(history).at(-1)?.release;
  return releases.find((release) => release.id === id);
}

/** The releases that stay: the live one, and those that were accepted before it, `keep` in all. */
export function keptReleases({ history }: ClusterRecords<unknown>, keep: number): ReadonlySet<ReleaseId> {
  const newestFirst = validAcceptances(history)
    .map(({ release }) => release)
    .reverse();
  return new Set([...new Set(newestFirst)].slice(0, Math.max(keep, 1)));
}

/** The documents that nothing needs: neither the newest one, nor the last one of a release that is kept. */
export function outdatedDocuments(
  { documents, sequence }: ClusterRecords<unknown>,
  kept: ReadonlySet<ReleaseId>,
): readonly RecordDocument<unknown>[] {
  return documents.filter(
    (document) =>
      document.sequence !== sequence &&
      (!kept.has(document.release.id) ||
        documents.some(
          (later) => later.sequence > document.sequence && later.release.id === document.release.id,
        )),
  );
}
