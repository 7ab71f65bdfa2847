import { formatDuration } from '../model/duration.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { approvalWord } from './approval-text.ts';
import { canaryTable } from './canary-table.ts';
import { formatNamesAsCode } from './code-format.ts';
import { detailsList } from './details-list.ts';
import { evidenceMarkdown, truncateLine } from './evidence.ts';
import { codeBlock, codeSpan, detailsBlock, link, markdownTable, markdownText } from './markdown.ts';
import { keptVolumesDetails } from './removal-report.ts';
import type { HostReport, Report, ReportResult } from './report.ts';
import { statusMarkdown } from './status-table.ts';
import { removedHostsText } from './text-format.ts';
import { allStepsDetails, planMarkdown, timelineTable } from './timeline.ts';

/** The job summary: why it failed, what each host serves, the evidence, then what was done and when. Pure. */
export function jobSummary(report: Report): string {
  const parts = [
    `## ${headline(report)}`,
    failureSection(report),
    overviewLine(report),
    hostsTable(report),
    evidenceMarkdown(report.evidence),
    ...mainSection(report),
    detailsList(report),
    removedHostsNote(report),
    keptVolumesDetails(report.hosts),
    report.warnings.map((warning) => `> ⚠️ ${formatNamesAsCode(report, warning)}`).join('\n>\n'),
    allStepsDetails(report),
    rollbackHelp(report),
  ];
  return limitedSummary(`${parts.filter((part) => part !== '').join('\n\n')}\n`, report);
}

/** GitHub shows nothing of a summary of more than 1 MiB. */
const MAX_SUMMARY_BYTES = 900_000;

function limitedSummary(summary: string, report: Report): string {
  if (Buffer.byteLength(summary) <= MAX_SUMMARY_BYTES) return summary;
  return `## ${headline(report)}\n\n${failureSection(report)}\n\n${detailsList(report)}\n\nThe rest is too long for a summary. The log has it.\n`;
}

function headline(report: Report): string {
  const { command, app, environment, release, error } = report;
  const what =
    app === undefined
      ? ''
      : ` ${markdownText(app)}${environment === undefined ? '' : ` → ${markdownText(environment)}`}`;
  const id = release === undefined ? '' : ` ${codeSpan(release)}`;
  const words: Readonly<Record<ReportResult, string>> = {
    built: `📦${what} built`,
    planned: command === 'remove' ? `📝${what}: plan of its removal` : `📝${what}: plan for${id}`,
    deployed: command === 'rollback' ? `↩️${what}: rolled back to${id}` : `✅${what}:${id} is live`,
    unchanged: command === 'remove' ? `✅${what}: nothing to remove` : `✅${what}:${id} was live already`,
    'rolled-back': `❌${what}: ${rollbackText(report)}`,
    failed: `❌${what === '' ? ' Failed' : `${what}: failed`}`,
    checked: `🚦 ${environment === undefined ? 'environment' : markdownText(environment)}: ${checkedText(report)}`,
    reported: error === undefined ? `🔎${what}` : `❌${what}: not every host could be reached`,
    removed: `🗑️${what} removed`,
  };
  return words[report.result];
}

function checkedText({ approval }: Report): string {
  return approval?.kind === 'awaited'
    ? 'a deploy waits for an approval'
    : 'a deploy does not wait for an approval';
}

function rollbackText({ hosts, live }: Report): string {
  const incomplete = hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).length;
  if (incomplete > 0) return `rollback INCOMPLETE on ${incomplete} of ${hosts.length} hosts`;
  if (live !== undefined) return `rolled back, ${codeSpan(live)} is live`;
  return `rolled back, ${hosts.some(({ is }) => is !== undefined) ? 'the hosts serve different releases' : 'nothing is live'}`;
}

function failureSection(report: Report): string {
  const { error, state, details } = report;
  if (error === undefined) return '';
  const block = details.length === 0 ? '' : `\n\n${codeBlock(details.map(truncateLine))}`;
  return `**${formatNamesAsCode(report, error)}**${block}\n\n${formatNamesAsCode(report, state)}`;
}

function removedHostsNote(report: Report): string {
  const { removed } = report;
  return removed.length === 0 ? '' : `> ℹ️ ${formatNamesAsCode(report, removedHostsText(removed))}`;
}

/** The line that most readers need: commit, previous release, hosts, duration. */
function overviewLine(report: Report): string {
  const { previous, strategy, hosts, approval, runUrl, durationMs, result } = report;
  if (result === 'reported') return '';
  const commit = commitLink(report);
  const parts = [
    ...(result === 'planned' ? ['**dry run: nothing was changed**'] : []),
    ...(commit === '' ? [] : [`commit ${commit}`]),
    ...(previous === undefined || result === 'rolled-back' ? [] : [`replaces ${codeSpan(previous)}`]),
    ...(areHostsAlike(hosts)
      ? [hosts.length === 1 ? codeSpan(hosts[0]?.host ?? '') : `${hosts.length} hosts, all healthy`]
      : []),
    ...(strategy === undefined ? [] : [markdownText(strategy)]),
    ...(approval?.kind === 'approved' ? [`approved by ${markdownText(approvalWord(approval))}`] : []),
    ...(approval?.kind === 'off' ? ['**approval off**'] : []),
    ...(durationMs === 0 ? [] : [formatDuration(durationMs)]),
    ...(runUrl === undefined ? [] : [runLink(runUrl)]),
  ];
  return parts.join(' · ');
}

/** Whether all hosts became healthy with the same releases, so that one line says it. */
function areHostsAlike(hosts: readonly HostReport[]): boolean {
  return (
    hosts.length > 0 &&
    hosts.every(({ was, is, why }) => why === 'healthy' && was === hosts[0]?.was && is === hosts[0]?.is)
  );
}

function hostsTable(report: Report): string {
  const { result, hosts } = report;
  if (['reported', 'planned'].includes(result) || hosts.length === 0 || areHostsAlike(hosts)) return '';
  const rows = hosts.map(({ host, was, is, why, unknown }) => [
    codeSpan(host),
    releaseSpan(was),
    unknown ? '**unknown**' : releaseSpan(is),
    formatNamesAsCode(report, why),
  ]);
  return markdownTable(['Host', 'Before', 'Now', 'Why'], rows);
}

function mainSection(report: Report): readonly string[] {
  const { result, hosts } = report;
  if (result === 'reported') return [statusMarkdown(hosts)];
  if (result === 'planned') return [planMarkdown(report.steps)];
  return [canaryTable(report), timelineTable(report)];
}

const releaseSpan = (release: ReleaseId | undefined): string =>
  release === undefined ? '–' : codeSpan(release);

function commitLink({ revision, runUrl }: Report): string {
  if (revision === undefined) return '';
  const repository = runUrl === undefined ? undefined : /^(.+)\/actions\/runs\//.exec(runUrl)?.[1];
  const address = repository === undefined ? undefined : `${repository}/commit/${revision}`;
  return link(codeSpan(revision.slice(0, 7)), address);
}

function runLink(runUrl: string): string {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === undefined ? 'run' : `run ${number}`, runUrl);
}

function rollbackHelp({ command, result, previous, app, environment, hosts }: Report): string {
  if (result !== 'deployed' || command === 'rollback' || previous === undefined) return '';
  const lines = [
    '- uses: sealift/sealift/rollback@v1',
    '  with:',
    `    app: ${JSON.stringify(app ?? '')}`,
    `    environment: ${JSON.stringify(environment ?? '')}`,
    `    to: ${JSON.stringify(previous)}`,
    '    hosts: |',
    ...hosts.map(({ host }) => `      ${host}`),
    '    # plus ssh-key, known-hosts, … as in this job',
  ];
  return detailsBlock(
    'How to roll back',
    `Unless \`keep\` is 1, the containers of ${codeSpan(previous)} are kept on the hosts, so a rollback only starts them again.\n\n${codeBlock(lines, 'yaml')}`,
  );
}
