import { beforeAll, describe, expect, test } from '@jest/globals';
import type { DeploymentReport } from '../../../src/report/report.ts';
import { jobSummary } from '../../../src/report/summary.ts';
import { HOSTILE, withText } from '../../report/hostile.ts';
import { SAMPLES } from '../../report/samples.ts';
import { missingPrograms, renderedPage } from '../../support/github-page.ts';
import { hostName } from '../../support/identifiers.ts';

const onHost = (report: DeploymentReport, name: string): DeploymentReport => ({
  ...report,
  hosts: report.hosts.map((host) => ({ ...host, host: hostName(name) })),
  steps: report.steps.map((step) => ({ ...step, host: hostName(name) })),
});

/** Elements that GitHub leaves in a summary and that Sealift uses, and those that Mermaid draws with. */
const MARKDOWN =
  'h2 p strong a code pre ul li blockquote table thead tbody tr th td details summary br em hr'.split(' ');

/** The elements of each article, without the diagrams: a picture of what became markup. */
function articlesOf(page: string): readonly string[] {
  return page
    .split('<article class="markdown-body">')
    .slice(1)
    .map((article) => article.split('</article>')[0] ?? '');
}

const withoutDiagrams = (article: string): string =>
  article.replace(/<svg[\s\S]*?<\/svg>/g, '').replace(/<div class="mermaid"[^>]*>\s*<\/div>/g, '');

const elementsOf = (article: string): readonly string[] => [
  ...new Set([...withoutDiagrams(article).matchAll(/<([a-z0-9]+)[\s>]/g)].map(([, name]) => name ?? '')),
];

describe('GitHub renders the summary', () => {
  const samples = Object.entries(SAMPLES);
  const hostile = HOSTILE.map((words) => jobSummary(withText(SAMPLES['rolled-back'], words)));
  const named = HOSTILE.map((words) => jobSummary(onHost(SAMPLES['rolled-back'], words)));
  let plain: readonly string[];
  let broken: readonly string[];
  let hosts: readonly string[];

  beforeAll(async () => {
    const missing = await missingPrograms();
    if (missing.length > 0)
      throw new Error(
        `${missing.join(' and ')} can't be run. script/screenshots --install installs them on Debian.`,
      );
    const page = await renderedPage([
      ...samples.map(([, report]) => jobSummary(report)),
      ...hostile,
      ...named,
    ]);
    expect(page).toContain('data-done="true"');
    plain = articlesOf(page).slice(0, samples.length);
    broken = articlesOf(page).slice(samples.length, samples.length + HOSTILE.length);
    hosts = articlesOf(page).slice(samples.length + HOSTILE.length);
  });

  test.each(samples.map(([name], index) => [name, index] as const))(
    'of the sample "%s", with its chart',
    (_, index) => {
      const article = plain[index] ?? '';
      const report = samples[index]?.[1];
      const steps = report !== undefined && 'steps' in report ? report.steps : [];
      expect(article).not.toContain('data-error');
      expect(article.includes('<svg')).toBe(steps.some(({ startMs }) => startMs !== undefined));
      expect(elementsOf(article).filter((name) => !MARKDOWN.includes(name))).toEqual([]);
    },
  );

  test('with the chart of a host, whatever its name contains', () => {
    expect(hosts).toHaveLength(HOSTILE.length);
    for (const [index, article] of hosts.entries()) {
      const about = JSON.stringify(HOSTILE[index]);
      expect([about, article.includes('data-error'), article.includes('<svg')]).toEqual([about, false, true]);
    }
  });

  test('with each text of others as text, and with its chart, whatever the text contains', () => {
    expect(broken).toHaveLength(HOSTILE.length);
    const [usual = ''] = plain.slice(samples.findIndex(([name]) => name === 'rolled-back'));
    const count = (article: string, element: string): number => article.split(`<${element}`).length;
    for (const [index, article] of broken.entries()) {
      const about = JSON.stringify(HOSTILE[index]);
      expect([about, article.includes('data-error'), article.includes('<svg')]).toEqual([about, false, true]);
      expect([about, elementsOf(article).filter((name) => !MARKDOWN.includes(name))]).toEqual([about, []]);
      for (const element of ['table', 'tr', 'td', 'details', 'pre', 'h2'])
        expect([about, element, count(article, element)]).toEqual([about, element, count(usual, element)]);
    }
  });
});
