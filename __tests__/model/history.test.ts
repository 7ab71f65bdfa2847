import { describe, expect, test } from '@jest/globals';
import {
  type HistoryEntry,
  lastAcceptedRelease,
  releaseBefore,
  removedHosts,
  validAcceptances,
} from '../../src/model/history.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

const entry = (event: HistoryEntry['event'], release: string, previous?: string): HistoryEntry => ({
  at: '',
  event,
  release: releaseId(release),
  previous: previous === undefined ? undefined : releaseId(previous),
  actor: undefined,
  runUrl: undefined,
});
const accepted = (release: string, previous?: string): HistoryEntry => entry('accepted', release, previous);
const manualRollback = (release: string, previous?: string): HistoryEntry => ({
  ...entry('accepted', release, previous),
  command: 'rollback',
});
const rolledBack = (release: string, previous?: string): HistoryEntry =>
  entry('rolled-back', release, previous);

test.each<[string, readonly HistoryEntry[], string | undefined, readonly string[]]>([
  ['an empty history', [], undefined, []],
  ['one acceptance', [accepted('A')], 'A', ['A']],
  ['a second acceptance', [accepted('A'), accepted('B', 'A')], 'B', ['A', 'B']],
  ['a failed deploy', [accepted('A'), rolledBack('B', 'A')], 'A', ['A']],
  ['a failed first deploy', [rolledBack('A')], undefined, []],
  [
    'an acceptance that was rolled back',
    [accepted('A'), accepted('B', 'A'), rolledBack('B', 'A')],
    'A',
    ['A'],
  ],
  ['a first acceptance that was rolled back', [accepted('A'), rolledBack('A')], undefined, []],
  ['a manual rollback', [accepted('A'), accepted('B', 'A'), manualRollback('A', 'B')], 'A', ['A', 'B', 'A']],
  [
    'a manual rollback that was rolled back',
    [accepted('A'), accepted('B', 'A'), manualRollback('A', 'B'), rolledBack('A', 'B')],
    'B',
    ['A', 'B'],
  ],
  ['a failed repair of the accepted release', [accepted('A'), rolledBack('A', 'A')], 'A', ['A']],
  [
    'a failed second deploy of an older release',
    [accepted('A'), accepted('B', 'A'), rolledBack('A', 'B')],
    'B',
    ['A', 'B'],
  ],
])(
  'the last accepted release and the valid acceptances are right after %s',
  (_, history, release, standing) => {
    expect(lastAcceptedRelease(history)).toBe(release);
    expect(validAcceptances(history).map((each) => each.release)).toEqual(standing);
  },
);

test.each<[string, readonly HistoryEntry[], string | undefined]>([
  ['without a history', [], undefined],
  ['after a first deploy', [accepted('A')], undefined],
  ['after a second deploy', [accepted('A'), accepted('B', 'A')], 'A'],
  ['after a repair of the live release', [accepted('A'), accepted('B', 'A'), accepted('B', 'B')], 'A'],
  ['after a failed deploy', [accepted('A'), accepted('B', 'A'), rolledBack('C', 'B')], 'A'],
  ['after a manual rollback', [accepted('B'), accepted('A', 'B'), manualRollback('B', 'A')], 'A'],
])('the release before the live one is right %s', (_, history, release) => {
  expect(releaseBefore(history, lastAcceptedRelease(history))).toBe(release);
});

describe('removedHosts', () => {
  const on = (at: string, ...fleet: readonly string[]): HistoryEntry => ({
    ...accepted('A'),
    at,
    fleet: fleet.map(hostName),
  });

  test('finds hosts of the last acceptance on any host', () => {
    const older = on('2026-01-01T00:00:00Z', 'ssh://a', 'ssh://gone-long-ago');
    const newer = on('2026-01-02T00:00:00Z', 'ssh://a', 'ssh://b', 'ssh://c');
    expect(removedHosts([[older], [older, newer], []], [hostName('ssh://a'), hostName('ssh://b')])).toEqual([
      'ssh://c',
    ]);
  });

  test('ignores hosts with another user, port or scheme only', () => {
    const before = [
      on('2026-01-01T00:00:00Z', 'ssh://deploy@a', 'ssh://b:22', 'tcp://c:2376', 'unix:///run/docker.sock'),
    ];
    expect(
      removedHosts([before], [hostName('ssh://root@a:2222'), hostName('ssh://b'), hostName('ssh://c')]),
    ).toEqual(['unix:///run/docker.sock']);
  });

  test('ignores deploys that were rolled back, and entries without a fleet', () => {
    const rollback = { ...rolledBack('B', 'A'), at: '2026-01-03T00:00:00Z' };
    expect(
      removedHosts(
        [
          [
            accepted('A'),
            { ...on('2026-01-02T00:00:00Z', 'ssh://b'), release: releaseId('B'), previous: releaseId('A') },
            rollback,
          ],
        ],
        [hostName('ssh://a')],
      ),
    ).toEqual([]);
  });
});
