import { describe, expect, test } from '@jest/globals';
import { lastAcceptedRelease, removedHosts, standingAcceptances } from '../../src/model/history.ts';
import type { HistoryEntry } from '../../src/model/host.ts';

const entry = (event: HistoryEntry['event'], release: string, previous?: string): HistoryEntry => ({
  at: '',
  event,
  release,
  previous,
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
  ['nothing happened', [], undefined, []],
  ['one was accepted', [accepted('A')], 'A', ['A']],
  ['another after it', [accepted('A'), accepted('B', 'A')], 'B', ['A', 'B']],
  ['a try failed', [accepted('A'), rolledBack('B', 'A')], 'A', ['A']],
  ['the first try failed', [rolledBack('A')], undefined, []],
  ['an acceptance was taken back', [accepted('A'), accepted('B', 'A'), rolledBack('B', 'A')], 'A', ['A']],
  ['the first acceptance was taken back', [accepted('A'), rolledBack('A')], undefined, []],
  ['a rollback', [accepted('A'), accepted('B', 'A'), manualRollback('A', 'B')], 'A', ['A', 'B', 'A']],
  [
    'a rollback was taken back',
    [accepted('A'), accepted('B', 'A'), manualRollback('A', 'B'), rolledBack('A', 'B')],
    'B',
    ['A', 'B'],
  ],
  ['mending the accepted release failed', [accepted('A'), rolledBack('A', 'A')], 'A', ['A']],
  [
    'an older one was tried again and failed',
    [accepted('A'), accepted('B', 'A'), rolledBack('A', 'B')],
    'B',
    ['A', 'B'],
  ],
])('%s', (_, history, release, standing) => {
  expect(lastAcceptedRelease(history)).toBe(release);
  expect(standingAcceptances(history).map((each) => each.release)).toEqual(standing);
});

describe('a host that is not given any more', () => {
  const on = (at: string, ...fleet: readonly string[]): HistoryEntry => ({ ...accepted('A'), at, fleet });

  test('is found in the last acceptance of any host', () => {
    const older = on('2026-01-01T00:00:00Z', 'ssh://a', 'ssh://gone-long-ago');
    const newer = on('2026-01-02T00:00:00Z', 'ssh://a', 'ssh://b', 'ssh://c');
    expect(removedHosts([[older], [older, newer], []], ['ssh://a', 'ssh://b'])).toEqual(['ssh://c']);
  });

  test('is none that is only reached in another way', () => {
    const was = [
      on('2026-01-01T00:00:00Z', 'ssh://deploy@a', 'ssh://b:22', 'tcp://c:2376', 'unix:///run/docker.sock'),
    ];
    expect(removedHosts([was], ['ssh://root@a:2222', 'ssh://b', 'ssh://c'])).toEqual([
      'unix:///run/docker.sock',
    ]);
  });

  test('is none of a try that was taken back, or of a time when fleets were not noted', () => {
    const taken = { ...rolledBack('B', 'A'), at: '2026-01-03T00:00:00Z' };
    expect(
      removedHosts(
        [[accepted('A'), { ...on('2026-01-02T00:00:00Z', 'ssh://b'), release: 'B', previous: 'A' }, taken]],
        ['ssh://a'],
      ),
    ).toEqual([]);
  });
});
