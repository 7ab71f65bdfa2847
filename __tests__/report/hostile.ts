import type { Report } from '../../src/report/report.ts';

/** Texts that break markdown, HTML or Mermaid, or the eyes of a reader. */
export const HOSTILE = [
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
  ':::',
  ';;',
  'end',
  '%%{init: {}}%%',
  'gantt',
  'section x',
  '日本語 🚢 אבג',
  '\0',
  '',
  ' ',
] as const;

/** A report with the same text everywhere where users, servers or programs decide on the text. */
export function withText(report: Report, words: string): Report {
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
    history: report.history.map((run) => ({ ...run, revision: words, actor: words })),
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
