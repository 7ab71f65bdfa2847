import { describe, expect, test } from '@jest/globals';
import { ganttChart } from '../../src/report/gantt.ts';
import type { StepReport } from '../../src/report/step-report.ts';
import { hostName } from '../support/identifiers.ts';
import { SAMPLES } from './samples.ts';

const step = (
  host: string,
  startMs: number,
  durationMs: number,
  more: Partial<StepReport> = {},
): StepReport => ({
  ...{
    host: hostName(host),
    stage: 'check',
    text: '',
    startMs,
    durationMs,
    ok: true,
    undo: false,
    note: undefined,
  },
  ...more,
});
const chart = (...steps: readonly StepReport[]): readonly string[] =>
  ganttChart({ steps, hosts: [] })
    .split('\n')
    .map((line) => line.trim());

describe('the chart of a run', () => {
  test('has a section for each of a few hosts', () => {
    const lines = chart(step('ssh://a@one', 0, 500), step('ssh://a@two', 0, 700));
    expect(lines.slice(-5)).toEqual([
      'section one',
      'Check 500ms :active, 0, 500',
      'section two',
      'Check 700ms :active, 0, 700',
      '```',
    ]);
  });

  test('has one section for a large fleet, and one for each host that failed', () => {
    const hosts = ['a', 'b', 'c', 'd', 'e'].map((host, index) => step(host, index * 100, 500));
    const lines = chart(...hosts, step('d', 2_000, 500, { stage: 'switch', ok: false }));
    expect(lines.filter((line) => line.startsWith('section'))).toEqual(['section 5 hosts', 'section d']);
    expect(lines).toContain('Check 900ms :active, 0, 900');
  });

  test('marks what failed, but not what was ended because of it, and what was undone', () => {
    const lines = chart(
      step('a', 0, 500, { ok: false }),
      step('b', 0, 400, { ok: false, aborted: true }),
      step('b', 600, 300, { undo: true }),
    );
    expect(lines).toContain('Check 500ms :crit, 0, 500');
    expect(lines).toContain('Check 400ms :active, 0, 400');
    expect(lines).toContain('Roll back 300ms :done, 600, 900');
  });

  test('joins steps of a stage that follow each other, and names the share of each canary step', () => {
    const metrics = { share: 0.05, release: { requests: 1, errors: 0, latencyMs: 1 }, baseline: undefined };
    const lines = chart(
      step('a', 0, 1_000),
      step('a', 1_000, 1_000),
      step('a', 2_000, 20, { stage: 'switch' }),
      step('a', 2_020, 60_000, { stage: 'switch', metrics }),
    );
    expect(lines).toContain('Check 2s :active, 0, 2000');
    expect(lines).toContain('Switch 20ms :milestone, 2000, 2000');
    expect(lines).toContain('Canary 5% 1m :active, 2020, 62020');
  });

  test('leaves out what is too short to be seen, unless it failed', () => {
    const lines = chart(
      step('a', 0, 60_000),
      step('a', 60_000, 20, { stage: 'accept' }),
      step('a', 60_020, 20, { stage: 'retire', ok: false }),
    );
    expect(lines.filter((line) => line.includes('Accept'))).toEqual([]);
    expect(lines).toContain('Retire 20ms :crit, 60020, 60040');
  });

  test.each([
    [900, '500millisecond'],
    [9_000, '2second'],
    [140_000, '30second'],
    [3_600_000, '10minute'],
    [200 * 3_600_000, '24hour'],
  ])('of %d ms has a tick every %s', (duration, interval) => {
    expect(chart(step('a', 0, duration))).toContain(`tickInterval ${interval}`);
  });

  test('is left out where nothing was executed', () => {
    expect(ganttChart(SAMPLES.planned)).toBe('');
    expect(ganttChart(SAMPLES.failed)).toBe('');
  });
});
