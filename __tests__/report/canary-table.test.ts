import { expect, test } from '@jest/globals';
import type { StepResult, WatchResult } from '../../src/plan/outcome.ts';
import type { Action } from '../../src/plan/steps.ts';
import { canaryTable } from '../../src/report/canary-table.ts';
import { stepReports } from '../../src/report/hosts.ts';

const placed = { release: 'new', slot: 'green', services: ['web'] } as const;
const others = { release: 'old', slot: 'blue' } as const;
const did = (host: string, action: Action, more: Partial<StepResult> = {}): StepResult => ({
  ...{ host, stage: 'switch', action, at: 0, took: 1, ok: true, undo: false, note: undefined },
  ...more,
});
const share = (host: string, of: number): StepResult =>
  did(host, { kind: 'split-traffic', share: of, baseline: others, ...placed });
const watch = (host: string, watched: WatchResult, more: Partial<StepResult> = {}): StepResult =>
  did(
    host,
    {
      kind: 'watch-release',
      purpose: 'canary',
      duration: 1000,
      baseline: others,
      limits: undefined,
      ...placed,
    },
    { watched, ...more },
  );

test('what was answered at each share is summed over the hosts, latency weighed by requests', () => {
  const steps = [
    share('a', 0.05),
    share('b', 0.05),
    watch('a', {
      own: { requests: 100, errors: 1, latency: 10 },
      other: { requests: 1900, errors: 0, latency: 8 },
    }),
    watch('b', { own: { requests: 300, errors: 1, latency: 30 }, other: undefined }),
    share('b', 0.2),
    watch('b', { own: { requests: 8, errors: 0, latency: 2500 }, other: undefined, few: true }),
    share('b', 0.5),
    watch('b', { own: { requests: 0, errors: 0, latency: undefined }, other: undefined }, { ok: false }),
    did('a', { kind: 'switch-traffic', ...others }),
    watch(
      'a',
      { own: { requests: 7, errors: 0, latency: 9 }, other: undefined },
      { stage: 'bake', ok: false, aborted: true },
    ),
  ];
  expect(
    canaryTable({ steps: stepReports(steps) })
      .split('\n')
      .slice(2),
  ).toEqual([
    '| 5% | 400 / 1,900 | 0.5% / 0% | 25ms / 8ms | ✓ |',
    '| 20% | 8 / 0 | 0% / – | 2.5s / – | too few to judge |',
    '| 50% on `b` | 0 / 0 | – / – | – / – | **✗** |',
    '| 100% (bake) | 7 / 0 | 0% / – | 9ms / – | cut short |',
  ]);
});

test('there is no table where nothing was judged', () => {
  expect(canaryTable({ steps: stepReports([share('a', 0.05)]) })).toBe('');
});

test('errors that are more than allowed and may be chance are not simply ticked', () => {
  const steps = [
    share('a', 0.2),
    watch('a', { own: { requests: 16, errors: 1, latency: 9 }, other: undefined, unsure: true }),
  ];
  expect(canaryTable({ steps: stepReports(steps) })).toContain(
    '| 6.25% / – | 9ms / – | ✓ (errors may be chance) |',
  );
});

test('hosts with too few requests are counted', () => {
  const own = { requests: 9, errors: 0, latency: 9 };
  const steps = ['a', 'b', 'c'].flatMap((host) => [
    share(host, 0.2),
    watch(host, { own, other: undefined, ...(host === 'b' ? { few: true as const } : {}) }),
  ]);
  expect(canaryTable({ steps: stepReports(steps) })).toContain('| too few to judge on 1 of 3 |');
});
