import { describe, expect, test } from '@jest/globals';
import {
  acceptedRelease,
  clusterRecords,
  documentText,
  keptReleases,
  nextDocument,
  outdatedDocuments,
  storedRecords,
} from '../../src/cluster/records.ts';
import { hostName } from '../support/identifiers.ts';
import { clusterRelease, entry, type Names, recordsOf } from './support.ts';

const HOST = hostName('ssh://manager');
const [A, B, C] = [clusterRelease('a'), clusterRelease('b'), clusterRelease('c')];

test('the newest document has the history, whatever their order', () => {
  const texts = recordsOf(A, B).documents.map(documentText).toReversed();
  const records = clusterRecords(texts);
  expect(records.sequence).toBe(2);
  expect(records.history.map(({ release }) => release)).toEqual(['a', 'b']);
  expect(acceptedRelease(records)?.id).toBe('b');
});

test('what is no document is left out', () => {
  expect(clusterRecords(['', '{', '[]'])).toMatchObject({ sequence: 0, releases: [] });
});

describe('what a cluster keeps', () => {
  const stored = (...texts: readonly string[]) =>
    storedRecords<Names>(
      HOST,
      texts.map((text, index) => ({ name: `shop-production.sealift.${index + 1}`, text })),
    );
  const [first = '', second = ''] = recordsOf(A, B).documents.map(documentText);

  test('is read as it was written', () => {
    expect(stored(second, first)).toEqual(recordsOf(A, B));
  });

  test('is refused if a newer Sealift has written one document of it, whatever that has', () => {
    expect(() => stored(first, '{"version":2,"seal":"abc"}')).toThrow(
      'ssh://manager: the records of this app were written by a newer Sealift (format 2; this one knows 1)',
    );
  });

  test('names the documents that can not be read, and the next one gets a name that is free', () => {
    const records = stored(first, 'garbage');
    expect(records.unreadable).toEqual(['shop-production.sealift.2']);
    expect(records.releases.map(({ id }) => id)).toEqual(['a']);
    expect(nextDocument(records, C, entry('c')).sequence).toBe(3);
  });
});

test('a release that failed is not the accepted one', () => {
  const records = recordsOf(A);
  const failed = nextDocument(records, B, entry('b', 'rolled-back', 'a'));
  expect(failed.sequence).toBe(2);
  const after = clusterRecords([...records.documents, failed].map(documentText));
  expect(acceptedRelease(after)?.id).toBe('a');
  expect([...keptReleases(after, 5)]).toEqual(['a']);
});

describe('keep', () => {
  test('counts releases, the live one included, and a release once', () => {
    const records = recordsOf(A, B, A, C);
    expect([...keptReleases(records, 2)]).toEqual(['c', 'a']);
    expect([...keptReleases(records, 1)]).toEqual(['c']);
  });

  test('leaves the newest document and the last one of each kept release', () => {
    const records = recordsOf(A, B, A, C);
    const outdated = (keep: number) =>
      outdatedDocuments(records, keptReleases(records, keep)).map(({ sequence }) => sequence);
    expect(outdated(3)).toEqual([1]);
    expect(outdated(2)).toEqual([1, 2]);
    expect(outdated(1)).toEqual([1, 2, 3]);
  });
});
