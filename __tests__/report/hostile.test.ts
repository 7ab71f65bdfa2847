import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/report/report.ts';
import { jobSummary } from '../../src/report/summary.ts';
import { outline } from './outline.ts';
import { SAMPLES } from './samples.ts';

const HOSTILE = [
  '</code></summary></details><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '`',
  '``` ```` `````',
  '`` ` ``',
  'a | b | c',
  'a \\| b \\\\| c \\',
  '|',
  '**bold** __bold__ ~~gone~~',
  '[click](https://evil.example) ![x](https://evil.example/x.png)',
  '<https://evil.example> &lt;b&gt; &amp;',
  '# heading',
  '- item',
  '1. item',
  '> quote',
  '===',
  '---',
  'one\ntwo\n\n# three\n\n```\nfour\n```\n<details>',
  'one\r\ntwo\rthree\u2028four',
  '\u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007link\u0007',
  '\u202Etxt.exe',
  '$`\\alert`$ $$x$$',
  '-->',
  '\0',
  '',
  ' ',
] as const;

/** Puts the same words everywhere where somebody else can decide on words. */
function infested(report: Report, words: string): Report {
  const maybe = (value: string | undefined): string | undefined => (value === undefined ? undefined : words);
  const said = /^[\s\0]*$/.test(words) ? 'x' : words;
  return {
    ...report,
    // These two are never empty: Sealift words them.
    error: report.error === undefined ? undefined : said,
    state: said,
    details: report.details.map(() => words),
    app: maybe(report.app),
    environment: maybe(report.environment),
    revision: maybe(report.revision),
    images: Object.fromEntries(
      Object.values(report.images).map((image, index) => [`${words}${index}`, image]),
    ),
    tags: report.tags.map(() => words),
    strategy: maybe(report.strategy),
    answer: maybe(report.answer),
    hosts: report.hosts.map((host) => ({
      ...host,
      why: host.why === 'healthy' ? host.why : words,
      kept: host.kept.map((kept) => ({
        ...kept,
        release: words,
        revision: words,
        actor: words,
        condition: words,
      })),
    })),
    steps: report.steps.map((step) => ({ ...step, text: words, note: words })),
    evidence: report.evidence.map((each) => ({
      ...each,
      container: words,
      service: words,
      state: words,
      lastLines: [words, words],
    })),
    warnings: report.warnings.map(() => words),
  };
}

const samples = Object.entries(SAMPLES);

describe.each(samples)('the summary of %s', (_, report) => {
  test.each(HOSTILE.map((words) => [JSON.stringify(words), words]))(
    'keeps its structure whatever is said: %s',
    (_name, words) => {
      // Same places, harmless words: as many of them as there are services, tags, …
      expect(outline(jobSummary(infested(report, words)))).toEqual(
        outline(jobSummary(infested(report, 'x'))),
      );
    },
  );
});

test('a host name can not break out either', () => {
  const host = 'unix:///run/`</code>|<b>.sock';
  const [first] = SAMPLES['rolled-back'].hosts;
  const before = first?.host ?? '';
  const renamed = JSON.parse(JSON.stringify(SAMPLES['rolled-back']).replaceAll(before, host));
  expect(outline(jobSummary(renamed))).toEqual(outline(jobSummary(SAMPLES['rolled-back'])));
});

test('an address that is no web address is no link', () => {
  const summary = jobSummary({
    ...SAMPLES.deployed,
    runUrl: 'javascript:alert(1)',
    environmentUrl: 'javascript:alert(1)',
  });
  expect(summary).not.toMatch(/\]\(javascript/);
});

test('an address can not end its link', () => {
  const summary = jobSummary({
    ...SAMPLES.deployed,
    environmentUrl: 'https://x.example/a)b|c`d?e=(f)&g=<h>',
  });
  expect(summary).toContain('](https://x.example/a%29b%7Cc%60d?e=%28f%29&g=%3Ch%3E)');
});

test('a summary that GitHub would drop whole is cut to what matters', () => {
  const lines = Array.from({ length: 20 }, () => 'x'.repeat(10_000));
  const [one] = SAMPLES['rolled-back'].evidence;
  const evidence = Array.from({ length: 200 }, () => one ?? SAMPLES['rolled-back'].evidence)
    .flat()
    .map((each) => ({ ...each, lastLines: lines }));
  const summary = jobSummary({ ...SAMPLES['rolled-back'], evidence });
  expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
  expect(summary).toContain('it exited with code 1');
  expect(summary).toContain('The rest is in the log');
});
