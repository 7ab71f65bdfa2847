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

/** A report with the same text everywhere where users, servers or programs decide on the text. */
function withText(report: Report, words: string): Report {
  const maybe = (value: string | undefined): string | undefined => (value === undefined ? undefined : words);
  // Sealift's own texts are never empty.
  const sentence = /^[\s\0]*$/.test(words) ? 'x' : words;
  return {
    ...report,
    error: report.error === undefined ? undefined : sentence,
    state: sentence,
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

describe.each(samples)('the summary of the sample "%s"', (_, report) => {
  test.each(HOSTILE.map((words) => [JSON.stringify(words), words]))(
    'keeps its structure with the hostile text %s',
    (_name, words) => {
      expect(outline(jobSummary(withText(report, words)))).toEqual(
        outline(jobSummary(withText(report, 'x'))),
      );
    },
  );
});

test('a hostile host name does not change the structure of the summary', () => {
  const host = 'unix:///run/`</code>|<b>.sock';
  const [first] = SAMPLES['rolled-back'].hosts;
  const before = first?.host ?? '';
  const renamed = JSON.parse(JSON.stringify(SAMPLES['rolled-back']).replaceAll(before, host));
  expect(outline(jobSummary(renamed))).toEqual(outline(jobSummary(SAMPLES['rolled-back'])));
});

test('the summary links only http and https URLs', () => {
  const summary = jobSummary({
    ...SAMPLES.deployed,
    runUrl: 'javascript:alert(1)',
    environmentUrl: 'javascript:alert(1)',
  });
  expect(summary).not.toMatch(/\]\(javascript/);
});

test('a URL in the summary can not end its own link', () => {
  const summary = jobSummary({
    ...SAMPLES.deployed,
    environmentUrl: 'https://x.example/a)b|c`d?e=(f)&g=<h>',
  });
  expect(summary).toContain('](https://x.example/a%29b%7Cc%60d?e=%28f%29&g=%3Ch%3E)');
});
