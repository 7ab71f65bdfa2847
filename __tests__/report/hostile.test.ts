import { describe, expect, test } from '@jest/globals';
import { jobSummary } from '../../src/report/summary.ts';
import { HOSTILE, withText } from './hostile.ts';
import { outline } from './outline.ts';
import { SAMPLES } from './samples.ts';

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
