import { describe, expect, test } from '@jest/globals';
import {
  acceptedRelease,
  clusterRecords,
  documentText,
  keptReleases,
  nextDocument,
  outdatedDocuments,
} from '../../src/cluster/records.ts';
import { clusterRelease, entry, recordsOf } from './support.ts';

const [A, B, C] = [clusterRelease('a'), clusterRelease('b'), clusterRelease('c')];

test('the newest document has the history, whatever their order', () => {
  const texts = recordsOf(A, B).documents.map(documentText).toReversed();
  const records = clusterRecords(texts);
  expect(records.sequence).toBe(2);
  expect(records.history.map(({ release }) => release)).toEqual(['a', 'b']);
  expect(acceptedRelease(records)?.id).toBe('b');
});

test('what is no document of this version is left out', () => {
  expect(
    clusterRecords(['', '{', '[]', '{"version":2,"sequence":9,"release":{},"history":[]}']),
  ).toMatchObject({
    sequence: 0,
    releases: [],
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
