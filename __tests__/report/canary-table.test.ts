import { describe, expect, test } from '@jest/globals';
import type { HostName } from '../../src/model/identifiers.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { StepResult, WatchResult } from '../../src/plan/outcome.ts';
import { canaryTable } from '../../src/report/canary-table.ts';
import { stepReports } from '../../src/report/step-reports.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

const release = { release: releaseId('new'), slot: 'green', services: ['web'] } as const;
const baseline = { release: releaseId('old'), slot: 'blue' } as const;
const step = (host: HostName, action: Action, more: Partial<StepResult> = {}): StepResult => ({
  ...{ host, stage: 'switch', action, at: 0, took: 1, ok: true, undo: false, note: undefined },
  ...more,
});
const split = (host: HostName, share: number): StepResult =>
  step(host, { kind: 'split-traffic', share, baseline, ...release });
const watch = (host: HostName, watched: WatchResult, more: Partial<StepResult> = {}): StepResult =>
  step(
    host,
    {
      ...{ kind: 'watch-release', purpose: 'canary', duration: 1000 },
      ...{ baseline, limits: undefined, ...release },
    },
    { watched, ...more },
  );
/** The cells of each row. */
const rowsOf = (steps: readonly StepResult[]): readonly (readonly string[])[] =>
  canaryTable({ steps: stepReports(steps) })
    .split('\n')
    .slice(2)
    .map((row) => row.slice(2, -2).split(' | '));
const resultOf = (steps: readonly StepResult[]): string | undefined => rowsOf(steps)[0]?.at(-1);

describe('the table of a canary', () => {
  test('sums the figures of the hosts for each share, weighs latency by requests, and shows a failed host alone', () => {
    const steps = [
      split(hostName('a'), 0.05),
      split(hostName('b'), 0.05),
      watch(hostName('a'), {
        release: { requests: 100, errors: 1, latencyMs: 10 },
        baseline: { requests: 1900, errors: 0, latencyMs: 8 },
      }),
      watch(hostName('b'), { release: { requests: 300, errors: 1, latencyMs: 30 }, baseline: undefined }),
      split(hostName('b'), 0.2),
      watch(hostName('b'), {
        release: { requests: 8, errors: 0, latencyMs: 2500 },
        baseline: undefined,
        tooFewRequests: true,
      }),
      split(hostName('b'), 0.5),
      watch(
        hostName('b'),
        { release: { requests: 0, errors: 0, latencyMs: undefined }, baseline: undefined },
        { ok: false },
      ),
      step(hostName('a'), { kind: 'switch-traffic', ...baseline }),
      watch(
        hostName('a'),
        { release: { requests: 7, errors: 0, latencyMs: 9 }, baseline: undefined },
        { stage: 'bake', ok: false, aborted: true },
      ),
    ];
    expect(rowsOf(steps)).toEqual([
      ['5%', '400 / 1,900', '0.5% / 0%', '25ms / 8ms', '✓'],
      ['20%', '8 / 0', '0% / –', '2.5s / –', 'too few requests'],
      ['50% on `b`', '0 / 0', '– / –', '– / –', '**✗**'],
      ['100% (bake)', '7 / 0', '0% / –', '9ms / –', 'aborted'],
    ]);
  });

  test('is left out if no step compared anything', () => {
    expect(canaryTable({ steps: stepReports([split(hostName('a'), 0.05)]) })).toBe('');
  });

  test('does not simply tick a share with more errors than allowed that may be chance', () => {
    const stats = { requests: 16, errors: 1, latencyMs: 9 };
    const watched = watch(hostName('a'), { release: stats, baseline: undefined, inconclusive: true });
    expect(resultOf([split(hostName('a'), 0.2), watched])).toMatch(/^✓ \(.+\)$/);
  });

  test('counts the hosts that had too few requests', () => {
    const stats = { requests: 9, errors: 0, latencyMs: 9 };
    const steps = ['a', 'b', 'c'].map(hostName).flatMap((host) => [
      split(host, 0.2),
      watch(host, {
        ...{ release: stats, baseline: undefined },
        ...(host === 'b' ? { tooFewRequests: true as const } : {}),
      }),
    ]);
    expect(resultOf(steps)).toContain('1 of 3');
  });
});
