import { describe, expect, test } from '@jest/globals';
import { type HistoryEntry, lastAcceptedRelease } from '../../src/model/history.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import { RECORD_FORMAT } from '../../src/release/record-format.ts';
import {
  areUnreadable,
  haveRelease,
  NO_RECORDS,
  type Records,
  readRecords,
  recordFormat,
  withEvent,
  withoutReleases,
  withRelease,
  writeRecords,
} from '../../src/release/records.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';

const event = (
  release: ReleaseId,
  kind: HistoryEntry['event'] = 'accepted',
  previous?: ReleaseId,
): HistoryEntry => ({
  at: '2026-01-02T03:04:05Z',
  event: kind,
  release,
  previous,
  actor: 'ada',
  runUrl: 'https://github.com/acme/shop/actions/runs/1',
});

const one = makeRelease('11111111', { web: 'served', jobs: 'worker' });
const two = makeRelease('22222222', { web: 'served' });

/** The files of a volume after some writes, in order. */
function filesAfter(...writes: readonly Records[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const records of writes) {
    const { file, content } = writeRecords(records);
    files.set(file, Buffer.from(content));
  }
  return files;
}

const first = withRelease(NO_RECORDS, one);
const second = withEvent(first, event(one.id));
const third = withRelease(second, two);

test('records are read back as they were written', () => {
  expect(readRecords(filesAfter(first, second, third))).toEqual(third);
});

test.each([
  ['as it is, and was accepted', withEvent(first, event(one.id)), one, true],
  ['as it is, behind a later one', withEvent(withRelease(second, two), event(two.id)), one, true],
  ['but it was never accepted, so its place says when it was tried', third, two, false],
  ['but its acceptance was taken back', withEvent(second, event(one.id, 'rolled-back')), one, false],
  ['with another time to become healthy', second, { ...one, health: { ...one.health, timeout: 2 } }, false],
  ['not at all', second, two, false],
])('records have a release %s', (_, records, release, expected) => {
  expect(haveRelease(readRecords(filesAfter(records)), release)).toBe(expected);
});

test('records with any text are read back as they were written', () => {
  const odd = withEvent(NO_RECORDS, { ...event(releaseId('1')), actor: 'a\nb\r\u2028 "ü" 🚢' });
  expect(readRecords(filesAfter(odd))).toEqual(odd);
});

test('a volume without files has no records', () => {
  expect(readRecords(new Map())).toEqual(NO_RECORDS);
  expect(readRecords(new Map([['edge/split', Buffer.from('0')]]))).toEqual(NO_RECORDS);
});

test('writes alternate between the two files', () => {
  expect([first, second, third].map((records) => writeRecords(records).file)).toEqual([
    'records/b.json',
    'records/a.json',
    'records/b.json',
  ]);
});

describe('a write that was cut short', () => {
  test.each([
    ['of the first file', first, second],
    ['of the second file', second, third],
  ])('leaves the records before it: %s', (_, before, after) => {
    const { file, content } = writeRecords(after);
    const bytes = Buffer.from(content);
    for (let length = 0; length < bytes.length - 1; length += 1) {
      const files = filesAfter(before);
      files.set(file, bytes.subarray(0, length));
      expect(readRecords(files).sequence).toBe(before.sequence);
    }
    // Only the final newline is missing: everything is there.
    expect(readRecords(new Map([[file, bytes.subarray(0, -1)]]))).toEqual(after);
  });

  test('is followed by a complete one', () => {
    const files = filesAfter(first, second);
    files.set(writeRecords(second).file, Buffer.from('{"sequence":2'));
    const next = withEvent(readRecords(files), event(two.id));
    const { file, content } = writeRecords(next);
    files.set(file, Buffer.from(content));
    expect(readRecords(files)).toEqual(next);
  });
});

describe('a changed file of records', () => {
  test.each([
    ['a digit of the sequence', '"sequence":2', '"sequence":9'],
    ['a letter of the body', 'ada', 'eve'],
    ['the checksum', /"sha256":"./, '"sha256":"x'],
    ['everything', /^.*$/s, 'null\nnull\n'],
  ])('is not read: %s', (_, from, to) => {
    const files = filesAfter(first, second);
    const { file, content } = writeRecords(second);
    files.set(file, Buffer.from(content.replace(from, to)));
    expect(readRecords(files)).toEqual(first);
  });
});

describe('the format of records', () => {
  test('is that of the newest form, whatever else the file has', () => {
    const files = filesAfter(first, second);
    expect(recordFormat(files)).toBe(RECORD_FORMAT);
    files.set('records/b.json', Buffer.from(`{"format":${RECORD_FORMAT + 1},"seal":"abc"}\nnot known here`));
    expect(recordFormat(files)).toBe(RECORD_FORMAT + 1);
  });

  test.each([[''], ['null'], ['{'], ['{"sequence":1']])('is not known of a file with %j', (content) => {
    expect(recordFormat(new Map([['records/a.json', Buffer.from(content)]]))).toBe(0);
  });
});

describe('records that can not be read', () => {
  test('are not the same as none', () => {
    expect(areUnreadable(new Map())).toBe(false);
    expect(areUnreadable(new Map([['edge/split', Buffer.from('0')]]))).toBe(false);
    expect(areUnreadable(new Map([['records/b.json', Buffer.from('{')]]))).toBe(true);
  });

  test('are there only if none are intact', () => {
    const files = filesAfter(first, second);
    files.set(writeRecords(second).file, Buffer.from('{"sequence":2'));
    expect(areUnreadable(files)).toBe(false);
    files.set(writeRecords(first).file, Buffer.from(''));
    expect(areUnreadable(files)).toBe(true);
  });
});

test('a release that is recorded again replaces itself', () => {
  const changed = { ...one, recreateReason: 'because' };
  expect(withRelease(third, changed).releases).toEqual([two, changed]);
});

test('removed releases stay in the history', () => {
  const records = withoutReleases(third, [one.id]);
  expect(records.releases).toEqual([two]);
  expect(records.history).toHaveLength(1);
});

test('every change increases the sequence number', () => {
  expect([first, second, third, withoutReleases(third, [])].map(({ sequence }) => sequence)).toEqual([
    1, 2, 3, 4,
  ]);
});

describe('a long history', () => {
  const failures = Array.from({ length: 150 }, (_, index) =>
    event(releaseId(`bad${index}`), 'rolled-back', one.id),
  );

  test('keeps its last hundred entries', () => {
    const written = readRecords(filesAfter({ ...NO_RECORDS, sequence: 1, history: failures }));
    expect(written.history).toEqual(failures.slice(-100));
  });

  test('never forgets which release is accepted', () => {
    const records: Records = {
      sequence: 1,
      releases: [one, two],
      history: [
        event(two.id),
        event(one.id, 'accepted', two.id),
        event(releaseId('33333333'), 'accepted', one.id),
        event(releaseId('33333333'), 'rolled-back', one.id),
        ...failures,
      ],
    };
    const { history } = readRecords(filesAfter(records));
    expect(history.slice(0, -100)).toEqual([event(two.id), event(one.id, 'accepted', two.id)]);
    expect(lastAcceptedRelease(history)).toBe(one.id);
  });

  test('does not grow with each write', () => {
    let records: Records = { sequence: 1, releases: [one], history: [event(one.id), ...failures] };
    for (const failure of failures) records = readRecords(filesAfter(withEvent(records, failure)));
    expect(records.history).toHaveLength(101);
  });
});
