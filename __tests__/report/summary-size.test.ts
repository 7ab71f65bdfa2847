import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HostReport } from '../../src/report/host-report.ts';
import type { Report } from '../../src/report/report.ts';
import { jobSummary } from '../../src/report/summary.ts';
import { joinSummaryParts, type SummaryPart } from '../../src/report/summary-parts.ts';
import { hostName } from '../support/identifiers.ts';
import { HOSTILE, withText } from './hostile.ts';
import { outline } from './outline.ts';
import { SAMPLES } from './samples.ts';

/** GitHub refuses a longer file: "Adding a job summary" in the documentation of workflow commands. */
const GITHUB_LIMIT = 1024 * 1024;

const repeat = <Item>(items: readonly Item[], times: number): readonly Item[] =>
  Array.from({ length: times }, () => items).flat();

const manyHosts =
  (times: number) =>
  <Host extends HostReport>(hosts: readonly Host[]): readonly Host[] =>
    repeat(hosts, times).map((host, index) => ({ ...host, host: hostName(`${host.host}:${index}`) }));

/** A report of any size, with texts of others that may break markdown. */
const anyReport = fc
  .record({
    sample: fc.constantFrom(...Object.values<Report>(SAMPLES)),
    text: fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
    ),
    length: fc.constantFrom(1, 1, 100, 5_000, 40_000),
    hosts: fc.constantFrom(1, 1, 20, 1_500),
    steps: fc.constantFrom(1, 1, 50, 1_000),
    evidence: fc.constantFrom(1, 1, 40, 800),
    warnings: fc.constantFrom(0, 1, 2_000),
  })
  .map(({ sample, text, length, hosts, steps, evidence, warnings }): Report => {
    const words = text.repeat(Math.ceil(length / Math.max(1, text.length))).slice(0, length);
    const changed = withText(sample, words);
    const many = manyHosts(hosts);
    switch (changed.command) {
      case 'build':
      case 'unlock':
      case 'export':
      case 'logs':
      case 'gate':
        return changed;
      case 'status':
        return { ...changed, hosts: many(changed.hosts) };
      case 'remove':
        return { ...changed, hosts: many(changed.hosts), steps: repeat(changed.steps, steps) };
      default:
        return {
          ...changed,
          hosts: many(changed.hosts),
          steps: repeat(changed.steps, steps),
          evidence: repeat(changed.evidence, evidence),
          warnings: Array.from({ length: warnings }, () => words || 'x'),
        };
    }
  });

describe('the summary of any report', () => {
  test('is one that GitHub shows: short enough, whole, with its headline first', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const summary = jobSummary(report);
        expect(Buffer.byteLength(summary)).toBeLessThan(GITHUB_LIMIT);
        expect(summary).toMatch(/^## /);
        const found = outline(summary);
        expect(found).not.toContain('FENCE LEFT OPEN');
        expect(found.filter((tag) => tag === '<details>')).toHaveLength(
          found.filter((tag) => tag === '</details>').length,
        );
      }),
      { numRuns: 25 },
    );
  });
});

describe('the parts of a summary', () => {
  const part = (name: string, bytes: number, importance: number): SummaryPart => ({
    ...{ name, importance, markdown: name.repeat(bytes / name.length) },
  });

  test('are all there if they fit, in their order', () => {
    expect(joinSummaryParts([part('a', 2, 1), part('b', 1, 9), { ...part('c', 1, 5), markdown: '' }])).toBe(
      'aa\n\nb\n',
    );
  });

  test('are left out by importance, each with its name, and smaller ones take their place', () => {
    const parts = [part('a', 500, 9), part('b', 900, 5), part('b', 900, 5), part('c', 300, 1)];
    const joined = joinSummaryParts(parts, 3_000);
    expect(joined).toContain('a'.repeat(500));
    expect(joined).not.toContain('bb');
    expect(joined).toContain('c'.repeat(300));
    expect(joined).toContain("Left out, because a summary can't be longer: b (2 times).");
    expect(Buffer.byteLength(joined)).toBeLessThan(3_000);
  });
});
