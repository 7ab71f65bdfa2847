import { formatDuration } from '../model/duration.ts';
import type { Evidence } from '../target/outcome.ts';
import type { HostReport, Report, Result, StepReport } from './report.ts';
import { STAGE_TITLES } from './words.ts';

const HEADLINES: Readonly<Record<Result, string>> = {
  built: '📦 Built',
  planned: '📝 Plan (dry run, nothing was changed)',
  deployed: '✅ Deployed',
  unchanged: '✅ Already live, nothing to do',
  'rolled-back': '↩️ Rolled back',
  'turned-back': '❌ Turned back to the previous release',
  failed: '❌ Failed',
  seen: '🔎 Status',
};

/** The job summary as GitHub renders it. Evidence of a failure comes first, then what is live, then how it went. Pure. */
export function summaryOf(report: Report): string {
  const parts = [
    `## ${headline(report)}`,
    failure(report),
    ...report.evidence.map(evidenceOf),
    facts(report),
    hostTable(report),
    timeline(report),
    report.warnings.length === 0
      ? ''
      : report.warnings.map((warning) => `> ⚠️ ${escape(warning)}`).join('\n>\n'),
    wayBack(report),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function headline(report: Report): string {
  const where =
    report.app === undefined
      ? ''
      : ` ${report.app}${report.environment === undefined ? '' : ` → ${report.environment}`}`;
  return `${HEADLINES[report.result]}:${where === '' ? ' images' : where}`;
}

function failure(report: Report): string {
  if (report.error === undefined) return '';
  return `> **${escape(report.error)}**\n>\n> ${escape(report.state)}`;
}

function evidenceOf(evidence: Evidence): string {
  const marks = [
    evidence.state,
    ...(evidence.exitCode === undefined ? [] : [`exit code ${evidence.exitCode}`]),
    ...(evidence.oomKilled ? ['killed for memory'] : []),
    ...(evidence.health === undefined ? [] : [`HEALTHCHECK ${evidence.health}`]),
  ];
  const lines = evidence.lastLines.length === 0 ? '(no output)' : evidence.lastLines.join('\n');
  return `**${escape(evidence.service)}** on ${code(evidence.host)} · ${marks.join(' · ')}\n\n${fence(lines)}`;
}

function facts(report: Report): string {
  const rows: [string, string][] = [];
  for (const [service, image] of Object.entries(report.images))
    rows.push([service === '' ? 'Image' : `Image of ${escape(service)}`, code(image)]);
  if (report.tags.length > 0) rows.push(['Tags', report.tags.map(code).join(' ')]);
  if (report.build !== undefined) rows.push(['Build', buildLine(report.build)]);
  if (report.revision !== undefined) rows.push(['Commit', code(report.revision)]);
  if (report.release !== undefined) rows.push(['Release', code(report.release)]);
  if (report.previous !== undefined)
    rows.push([report.result === 'turned-back' ? 'Live again' : 'Replaced', code(report.previous)]);
  if (report.strategy !== undefined) rows.push(['Strategy', report.strategy]);
  if (report.environmentUrl !== undefined) {
    rows.push(['URL', [report.environmentUrl, ...(report.answer === undefined ? [] : [escape(report.answer)])].join(' · ')]);
  }
  if (report.runUrl !== undefined) rows.push(['Run', report.runUrl]);
  rows.push(['Took', formatDuration(report.took)]);
  return table(['', ''], rows);
}

function buildLine(build: NonNullable<Report['build']>): string {
  if (build.reused) return 'reused: the registry already has this commit';
  const times = Object.entries(build.times).map(([part, ms]) => `${part} ${formatDuration(ms)}`);
  return [...times, build.tested ? 'tested inside the image' : 'no test given'].join(' · ');
}

function hostTable(report: Report): string {
  if (report.hosts.length === 0) return '';
  if (report.result === 'seen') return report.hosts.map(statusOf).join('\n\n');
  const rows = report.hosts.map((host) => [
    code(host.host),
    release(host.was),
    release(host.is),
    escape(host.why),
  ]);
  return `### Hosts\n\n${table(['Host', 'Was', 'Is', ''], rows)}`;
}

function statusOf(host: HostReport): string {
  const rows = host.kept.map((kept) => [
    kept.live ? `**${kept.release}** live` : kept.release,
    kept.revision === undefined ? '' : code(kept.revision.slice(0, 7)),
    kept.acceptedAt ?? '',
    escape(kept.actor ?? ''),
    escape(kept.condition),
  ]);
  return `### ${code(host.host)}\n\n${escape(host.why)}\n\n${table(['Release', 'Commit', 'Since', 'By', 'Condition'], rows)}`;
}

const release = (id: string | undefined): string => (id === undefined ? '–' : code(id));

function timeline(report: Report): string {
  if (report.steps.length === 0) return '';
  const rows = report.steps.map((step) => [
    mark(step),
    STAGE_TITLES[step.stage],
    code(step.host),
    escape(step.text),
    times(step),
    escape(step.note ?? ''),
  ]);
  const title = report.result === 'planned' ? 'Plan' : 'Steps';
  const body = table(['', 'Stage', 'Host', 'Step', 'Time', ''], rows);
  return report.steps.length > 12
    ? `<details><summary><b>${title}</b> (${report.steps.length})</summary>\n\n${body}\n\n</details>`
    : `### ${title}\n\n${body}`;
}

const mark = (step: StepReport): string => (step.ok === undefined ? '○' : step.ok ? '✓' : '✗');
const times = (step: StepReport): string => (step.took === undefined ? '' : formatDuration(step.took));

function wayBack(report: Report): string {
  if (report.result !== 'deployed' || report.previous === undefined) return '';
  const lines = [
    '- uses: sealift/sealift/rollback@v1',
    '  with:',
    `    app: ${report.app ?? ''}`,
    `    environment: ${report.environment ?? ''}`,
    `    to: ${report.previous}`,
    '    # hosts, ssh-key and known-hosts as in this job',
  ];
  return `<details><summary>How to roll back</summary>\n\nRun the rollback action; its containers are still on the hosts, so it takes about a second.\n\n${fence(lines.join('\n'), 'yaml')}\n\n</details>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A code span that no content can close. */
function code(text: string): string {
  const clean = text.replaceAll(/\s+/g, ' ');
  return clean.includes('`') ? `\`\` ${clean} \`\`` : `\`${clean}\``;
}

/** A code block whose fence is longer than any run of backticks within. */
function fence(text: string, language = 'text'): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text}\n${ticks}`;
}

/** What users, servers and programs say is text, never markup. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/([\\`*_[\]])/g, '\\$1')
    .replaceAll(/\s*\n\s*/g, ' ');
}
