import { describe, expect, test } from '@jest/globals';
import type { HistoryEntry } from '../../src/model/history.ts';
import type { ObservedRelease } from '../../src/model/host.ts';
import { historyLines, historyOf } from '../../src/report/history-table.ts';
import { makeRelease } from '../plan/world.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { expectGolden, sections } from './golden.ts';

const entry = (at: string, changes: Partial<HistoryEntry> = {}): HistoryEntry => ({
  ...{ at, event: 'accepted', release: releaseId('new'), previous: releaseId('old'), actor: 'grace' },
  ...{ runUrl: 'https://x/1', command: 'deploy', revision: 'abcdef0123456789', durationMs: 58_300 },
  ...changes,
});
const host = (name: string, ...history: readonly HistoryEntry[]) => ({
  ...{ host: hostName(name), releases: [], history },
});

describe('the history of a status', () => {
  test('has one entry for a run on several hosts, the newest run first', () => {
    const failed = { event: 'rolled-back', runUrl: 'https://x/2' } as const;
    const history = historyOf([
      host('a', entry('2026-01-01T00:00:02Z'), entry('2026-01-02T00:00:00Z', failed)),
      host('b', entry('2026-01-01T00:00:01Z')),
    ]);
    expect(history).toMatchObject([
      { at: '2026-01-02T00:00:00Z', result: 'rolled-back', hosts: ['a'] },
      { at: '2026-01-01T00:00:01Z', result: 'deployed', hosts: ['a', 'b'], durationMs: 58_300 },
    ]);
  });

  test('has one for a run that left a release which nothing accepted or rolled back, by its record', () => {
    const origin = {
      createdAt: '2026-01-03T00:00:00Z',
      actor: 'grace',
      runUrl: 'https://x/3',
      revision: 'abc',
    };
    const killed = makeRelease('killed', { web: 'served' });
    const release: ObservedRelease = {
      ...{ id: killed.id, containers: [], slot: undefined },
      record: { ...killed, origin: { ...killed.origin, ...origin } },
    };
    const before = entry('2026-01-02T00:00:00Z');
    const seen = { ...host('a', before), releases: [release] };
    const [first, ...others] = historyOf([seen, { ...host('b', before), releases: [release] }]);
    const { createdAt: at, ...run } = origin;
    expect(first).toMatchObject({ at, ...run, result: 'unfinished', release: killed.id, hosts: ['a', 'b'] });
    expect(others).toHaveLength(1);
    expect(historyLines([...(first === undefined ? [] : [first])], 2).join()).toContain('not finished');
    const later = { event: 'rolled-back', release: killed.id } as const;
    const known = { ...seen, history: [before, entry('2026-01-04T00:00:00Z', later)] };
    expect(historyOf([known]).map(({ result }) => result)).toEqual(['rolled-back', 'deployed']);
  });

  test('has an entry for each attempt of a run', () => {
    const attempt = (number: number) => ({ runUrl: `https://x/1/attempts/${number}` });
    const failed = { event: 'rolled-back', previous: releaseId('old') } as const;
    expect(
      historyOf([
        host(
          'a',
          entry('2026-01-01T00:00:00Z', { ...failed, ...attempt(1) }),
          entry('2026-01-02T00:00:00Z', { ...failed, ...attempt(2) }),
        ),
      ]),
    ).toMatchObject([
      { at: '2026-01-02T00:00:00Z', runUrl: 'https://x/1/attempts/2', hosts: ['a'] },
      { at: '2026-01-01T00:00:00Z', runUrl: 'https://x/1/attempts/1', hosts: ['a'] },
    ]);
  });

  test('has one entry with each host once for a run that failed after a host had accepted', () => {
    const accepted = entry('2026-01-01T00:00:01Z');
    const failed = entry('2026-01-01T00:00:02Z', { event: 'rolled-back' });
    expect(historyOf([host('a', accepted, failed, failed), host('b', failed)])).toMatchObject([
      { result: 'rolled-back', hosts: ['a', 'b'] },
    ]);
  });

  test('keeps an acceptance that a later run took back', () => {
    const accepted = entry('2026-01-01T00:00:00Z');
    const reverted = entry('2026-01-02T00:00:00Z', { event: 'rolled-back', runUrl: 'https://x/2' });
    expect(historyOf([host('a', accepted, reverted)])).toMatchObject([
      { result: 'rolled-back' },
      { result: 'deployed' },
    ]);
  });

  test('has the last ten runs', () => {
    const runs = Array.from({ length: 12 }, (_, day) =>
      entry(`2026-01-${String(day + 10)}T00:00:00Z`, { runUrl: `https://x/${day}` }),
    );
    expect(historyOf([host('a', ...runs)]).map(({ at }) => at.slice(8, 10))).toEqual([
      '21',
      '20',
      '19',
      '18',
      '17',
      '16',
      '15',
      '14',
      '13',
      '12',
    ]);
  });

  test('is an aligned table in the log, also for records of an older Sealift', async () => {
    const {
      revision: _revision,
      durationMs: _duration,
      command: _command,
      ...old
    } = entry('2026-01-01T00:00:00Z');
    const approval = {
      kind: 'approved',
      approvers: [{ login: 'ada', comment: undefined }],
      rules: [],
    } as const;
    const history = historyOf([
      host(
        'ssh://a',
        old,
        entry('2026-01-02T00:00:00Z', { runUrl: 'https://x/2', approval }),
        entry('2026-01-03T00:00:00Z', {
          runUrl: 'https://x/3',
          command: 'rollback',
          actor: 'eve\n::error::x',
        }),
      ),
    ]);
    const lines = historyLines(history, 2);
    expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
    await expectGolden('log/history.txt', sections([['history', lines]]));
  });

  test('is left out where there is none', () => {
    expect(historyLines(historyOf([host('a')]), 1)).toEqual([]);
  });
});
