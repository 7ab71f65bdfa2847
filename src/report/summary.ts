import { formatDuration } from '../model/duration.ts';
import { evidenceOf } from './evidence.ts';
import { code, fence, folded, link, table, text } from './markdown.ts';
import type { HostReport, Report, Result } from './report.ts';
import { statusOf } from './status-summary.ts';
import { everyStep, planOf, timelineOf } from './timeline.ts';

/** The job summary as GitHub renders it: evidence of a failure first, then what is live, then how it went. Pure. */
export function summaryOf(report: Report): string {
  const parts = [
    `## ${headline(report)}`,
    failure(report),
    evidenceOf(report.evidence),
    ...(report.result === 'seen' ? [statusOf(report.hosts)] : hosts(report)),
    facts(report),
    report.warnings.map((warning) => `> ⚠️ ${text(warning)}`).join('\n>\n'),
    everyStep(report),
    wayBack(report),
  ];
  return shortened(`${parts.filter((part) => part !== '').join('\n\n')}\n`, report);
}

/** GitHub drops a summary of more than 1 MiB whole. */
const LONGEST = 900_000;

function shortened(summary: string, report: Report): string {
  if (Buffer.byteLength(summary) <= LONGEST) return summary;
  return `## ${headline(report)}\n\n${failure(report)}\n\n${facts(report)}\n\nThe rest is in the log: it is too long for a summary.\n`;
}

function headline(report: Report): string {
  const { app, environment, release, previous } = report;
  const what =
    app === undefined ? '' : ` ${text(app)}${environment === undefined ? '' : ` → ${text(environment)}`}`;
  const id = release === undefined ? '' : ` ${code(release)}`;
  const words: Readonly<Record<Result, string>> = {
    built: `📦${what} built`,
    planned: `📝${what}: the plan for${id}`,
    deployed: `✅${what}:${id} is live`,
    unchanged: `✅${what}:${id} was live already`,
    'rolled-back': `↩️${what}: rolled back to${id}`,
    'turned-back': `❌${what}: turned back${previous === undefined ? ', nothing is live' : `, ${code(previous)} is live`}`,
    failed: `❌${what === '' ? ' Failed' : `${what}: failed`}`,
    seen: `🔎${what}`,
  };
  return words[report.result];
}

function failure({ error, state }: Report): string {
  return error === undefined ? '' : `> **${text(error)}**\n>\n> ${text(state)}`;
}

function hosts(report: Report): readonly string[] {
  if (report.result === 'planned') return ['Nothing was changed: this is a dry run.', planOf(report.steps)];
  const row = ({ host, was, is, why }: HostReport): readonly string[] => [
    code(host),
    id(was),
    id(is),
    text(why),
  ];
  const table_ = report.hosts.length === 0 ? '' : table(['Host', 'Before', 'Now', ''], report.hosts.map(row));
  return [table_, timelineOf(report)];
}

const id = (release: string | undefined): string => (release === undefined ? '–' : code(release));

/** What was delivered. The first fact is the head of the table, which could not be left out. */
function facts(report: Report): string {
  const images = Object.entries(report.images);
  const rows = [
    ...images.map(([service, image]) => [
      images.length === 1 ? 'Image' : `Image of ${text(service)}`,
      code(image),
    ]),
    ...fact('Tags', report.tags.map(code).join(' ')),
    ...fact('Build', report.build === undefined ? '' : buildLine(report.build)),
    ...fact('Commit', commitOf(report)),
    ...fact(
      'Replaces',
      report.result === 'turned-back' ? '' : report.previous === undefined ? '' : code(report.previous),
    ),
    ...fact('Strategy', report.strategy ?? ''),
    ...fact('URL', urlOf(report)),
    ...fact('Run', runOf(report.runUrl)),
    ...fact('Took', report.took === 0 ? '' : formatDuration(report.took)),
  ];
  const [head, ...rest] = rows;
  return head === undefined ? '' : table(head, rest);
}

const fact = (name: string, value: string): readonly (readonly string[])[] =>
  value === '' ? [] : [[name, value]];

function commitOf({ revision, runUrl }: Report): string {
  if (revision === undefined) return '';
  const repository = runUrl === undefined ? undefined : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];
  return link(code(revision), repository === undefined ? undefined : `${repository}/commit/${revision}`);
}

function urlOf({ environmentUrl, answer }: Report): string {
  if (environmentUrl === undefined) return '';
  const address = link(code(environmentUrl), environmentUrl);
  return answer === undefined ? address : `${address} · ${text(answer)}`;
}

function runOf(runUrl: string | undefined): string {
  const number = runUrl === undefined ? undefined : /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return number === undefined ? '' : link(number, runUrl);
}

function buildLine({ reused, tested, times }: NonNullable<Report['build']>): string {
  if (reused) return 'reused: the registry already has this commit';
  const parts = Object.entries(times).map(([part, took]) => `${text(part)} ${formatDuration(took)}`);
  return [...parts, tested ? 'tested inside the image' : 'no test given'].join(' · ');
}

function wayBack({ result, previous, app, environment, hosts: all }: Report): string {
  if (result !== 'deployed' || previous === undefined) return '';
  const lines = [
    '- uses: sealift/sealift/rollback@v1',
    '  with:',
    `    app: ${JSON.stringify(app ?? '')}`,
    `    environment: ${JSON.stringify(environment ?? '')}`,
    `    to: ${JSON.stringify(previous)}`,
    '    hosts: |',
    ...all.map(({ host }) => `      ${host}`),
    '    # and ssh-key, known-hosts, … as in this job',
  ];
  return folded(
    'How to roll back',
    `The containers of ${code(previous)} are kept on the hosts, so going back is starting them.\n\n${fence(lines, 'yaml')}`,
  );
}
