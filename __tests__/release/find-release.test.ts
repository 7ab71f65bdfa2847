import { describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '../../src/model/errors.ts';
import type { HistoryEntry } from '../../src/model/history.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { findRelease } from '../../src/release/find-release.ts';
import type { Records } from '../../src/release/records.ts';
import { emptyWorld, makeRelease, observe } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';

const A = releaseId('aaaaaaa1');
const B = releaseId('bbbbbbb2');
const C = releaseId('ccccccc3');
const D = releaseId('ddddddd4');

const release = (id: ReleaseId, revision: string | undefined, tags: readonly string[] = []): Release => {
  const made = makeRelease(id, { web: 'served' });
  return { ...made, origin: { ...made.origin, revision, tags } };
};

const sha = (start: string): string => start.padEnd(40, '0');

const events: Readonly<Record<string, HistoryEntry['event']>> = {
  '+': 'accepted',
  '<': 'accepted',
  '-': 'rolled-back',
};

/** `+B A`: B was accepted after A. */
function history(...lines: readonly string[]): readonly HistoryEntry[] {
  return lines.map((line) => {
    const [id = '', previous] = line.slice(1).split(' ');
    return {
      at: '',
      event: events[line[0] ?? ''] ?? 'accepted',
      release: releaseId(id),
      previous: previous === undefined ? undefined : releaseId(previous),
      actor: undefined,
      runUrl: undefined,
    };
  });
}

const host = (traffic: ReleaseId | undefined, accepted?: ReleaseId): ObservedHost => ({
  ...observe(emptyWorld()),
  traffic: traffic === undefined ? undefined : { slot: 'blue', release: traffic },
  accepted,
});

test('where the records can not be read there is nothing to go back to, and that is said', () => {
  const unreadable = { ...host(A, A), recordsUnreadable: true as const };
  expect(() => findRelease({ releases: [], history: [] }, unreadable, undefined)).toThrow(
    /the records of its releases can't be read/,
  );
});

const all = [
  release(A, sha('1234abc'), ['v1', 'latest']),
  release(B, sha('1234def'), ['v2', 'latest']),
  release(C, sha('1234def'), ['v2', 'latest', 'cafe1234']),
  release(D, undefined),
];
const records = (lines: readonly string[], releases = all): Records => ({
  sequence: 1,
  releases,
  history: history(...lines),
});

describe('the previous release', () => {
  test.each<[string, readonly string[], ReleaseId | undefined, string]>([
    ['is the one that was replaced', [`+${A}`, `+${B} ${A}`, `+${C} ${B}`], C, B],
    ['is the one it was rolled back from, after a rollback', [`+${A}`, `+${B} ${A}`, `<${A} ${B}`], A, B],
    ['is the last accepted one while a killed run has left another live', [`+${A}`, `+${B} ${A}`], C, B],
    ['is never one that was rolled back', [`+${A}`, `+${B} ${A}`, `-${C} ${B}`], B, A],
    ['is never one whose acceptance was undone', [`+${A}`, `+${B} ${A}`, `-${B} ${A}`, `+${C} gone`], C, A],
    ['is the next older one if that is pruned', [`+${A}`, `+gone ${A}`, `+${B} gone`], B, A],
    ['needs no edge', [`+${A}`, `+${B} ${A}`], undefined, A],
  ])('%s', (_, lines, live, expected) => {
    expect(findRelease(records(lines), host(live, live ?? B), undefined).id).toBe(expected);
  });

  test.each<[string, readonly string[], ReleaseId | undefined, string]>([
    [
      'is missing after a first deploy',
      [`+${A}`],
      A,
      `ssh://one: there is no release before ${A} to roll back to.`,
    ],
    [
      'is missing on an empty host',
      [],
      undefined,
      'ssh://one: there is no release before the first one to roll back to.',
    ],
    ['is missing when only failures came before', [`-${B}`, `+${A}`], A, `there is no release before ${A}`],
    [
      'is not kept',
      ['+gone', `+${B} gone`],
      B,
      `ssh://one: gone was live before ${B} and is not kept any more, so there is nothing to roll back to: "keep" of the deploy sets`,
    ],
    [
      'is not kept, after the same was deployed twice',
      ['+gone', `+${B} gone`, `+${B} ${B}`],
      B,
      `gone was live before ${B} and is not kept any more`,
    ],
  ])('%s', (_, lines, live, message) => {
    const kept = all.filter(({ id }) => lines.some((line) => line.startsWith(`+${id}`)));
    expect(() => findRelease(records(lines, kept), host(live, live), undefined)).toThrow(message);
  });
});

describe('the release that the input to names', () => {
  const known = records([`+${A}`, `+${B} ${A}`, `+${C} ${B}`, `-${D} ${C}`]);

  test.each([
    ['by id', A, A],
    ['by the id of one that was rolled back, because it is named', D, D],
    ['by digest', `sha256:${B.padEnd(64, '0')}`, B],
    ['by image', `shop@sha256:${B.padEnd(64, '0')}`, B],
    ['by tag', 'v1', A],
    ['by a tag that looks like a commit', 'cafe1234', C],
    ['by commit', sha('1234abc'), A],
    ['by the beginning of a commit', '1234a', A],
    ['by a tag that only releases of one commit carry: the newest', 'v2', C],
    ['by a commit that was released twice: the newest', '1234def', C],
  ])('is found: %s', (_, to, expected) => {
    expect(findRelease(known, host(C, C), to).id).toBe(expected);
  });

  test.each([
    [
      'nothing matches',
      'v9',
      `to: ssh://one has no release "v9". Its releases: ${C} (1234def), ${B} (1234def), ${A} (1234abc).`,
    ],
    [
      'several match',
      'latest',
      `to: "latest" matches several releases on ssh://one: ${C} (1234def), ${B} (1234def), ${A} (1234abc). Name one by its id.`,
    ],
    ['the beginning of a commit is not unique', '1234', 'to: "1234" matches several releases'],
    ['the beginning of a commit is too short', '123', 'to: ssh://one has no release "123".'],
    ['a tag of a release that was never accepted', 'v3', 'to: ssh://one has no release "v3".'],
  ])('is an error: %s', (_, to, message) => {
    expect(() => findRelease(known, host(C, C), to)).toThrow(message);
    expect(() => findRelease(known, host(C, C), to)).toThrow(ConfigurationError);
  });

  test('is not kept any more', () => {
    const lines = ['+gone', `+${A} gone`];
    expect(() => findRelease(records(lines, [release(A, undefined)]), host(A, A), 'gone')).toThrow(
      `to: ssh://one has no release "gone" any more ("keep" of the deploy sets how many are kept). Its releases: ${A} (no commit).`,
    );
  });

  test('does not exist on a host without releases', () => {
    expect(() => findRelease(records([], []), host(undefined), 'v1')).toThrow(
      'to: ssh://one has no release "v1". None is recorded there.',
    );
  });
});
