import type { HostReport } from '../../src/report/host-report.ts';
import type { DeploymentReport, Report } from '../../src/report/report.ts';
import type { StepReport } from '../../src/report/step-report.ts';

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
  // Sealift's own texts are never empty.
  const sentence = /^[\s\0]*$/.test(words) ? 'x' : words;
  const maybe = (value: string | undefined): string | undefined => (value === undefined ? undefined : words);
  const head = {
    error: report.error === undefined ? undefined : sentence,
    state: sentence,
    details: report.details.map(() => words),
    app: maybe(report.app),
    environment: maybe(report.environment),
  };
  const host = <Host extends HostReport>(each: Host): Host => ({
    ...each,
    why: each.why === 'healthy' ? each.why : words,
  });
  const step = (each: StepReport): StepReport => ({ ...each, text: words, note: words });
  const imagesOf = ({ images }: Pick<DeploymentReport, 'images'>) =>
    Object.fromEntries(Object.values(images).map((image, index) => [`${words}${index}`, image]));
  switch (report.command) {
    case 'build':
      return {
        ...{ ...report, ...head, images: imagesOf(report), revision: maybe(report.revision) },
        tags: report.tags.map(() => words),
      };
    case 'status':
      return {
        ...{ ...report, ...head, images: imagesOf(report), revision: maybe(report.revision) },
        hosts: report.hosts.map((each) => ({
          ...host(each),
          kept: (each.kept ?? []).map((kept) => ({
            ...kept,
            ...{ revision: words, actor: words, condition: words },
          })),
        })),
        history: report.history.map((run) => ({ ...run, revision: words, actor: words })),
      };
    case 'remove':
      return { ...report, ...head, hosts: report.hosts.map(host), steps: report.steps.map(step) };
    case 'unlock':
      return {
        ...{ ...report, ...head },
        locks: report.locks.map((lock) => ({ ...lock, actor: words, runUrl: words, since: words })),
      };
    case 'export':
      return { ...report, ...head, images: imagesOf(report), revision: maybe(report.revision) };
    case 'logs':
    case 'gate':
      return { ...report, ...head };
    default:
      return {
        ...{ ...report, ...head, images: imagesOf(report), revision: maybe(report.revision) },
        tags: report.tags.map(() => words),
        strategy: maybe(report.strategy),
        answer: maybe(report.answer),
        hosts: report.hosts.map(host),
        steps: report.steps.map(step),
        evidence: report.evidence.map((each) => ({
          ...{ ...each, container: words, service: words, state: words },
          lastLines: [words, words],
        })),
        warnings: report.warnings.map(() => words),
      };
  }
}
