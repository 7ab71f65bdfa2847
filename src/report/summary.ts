import { formatDuration } from '../model/duration.ts';
import { approvalWord } from './approval-text.ts';
import { canaryTable } from './canary-table.ts';
import { formatNamesAsCode } from './code-format.ts';
import { detailsList } from './details-list.ts';
import { evidenceBlock, outputBlock, splitEvidence } from './evidence.ts';
import { ganttChart } from './gantt.ts';
import { historyMarkdown } from './history-table.ts';
import { hostsTable } from './hosts-table.ts';
import { codeSpan, detailsBlock, link, markdownText } from './markdown.ts';
import { keptVolumesDetails } from './removal-report.ts';
import type { HostReport, Report, ReportResult } from './report.ts';
import { compareUrl, repositoryUrl } from './repository-url.ts';
import { rollbackHelp } from './rollback-help.ts';
import { statusMarkdown } from './status-table.ts';
import { completedSteps } from './steps.ts';
import { joinSummaryParts, type SummaryPart } from './summary-parts.ts';
import { removedHostsText, stageTitle } from './text-format.ts';
import { allStepsDetails, planMarkdown, timelineTable } from './timeline.ts';

/**
 * The job summary: what is live; of a failed run first the evidence; then what each host serves, what was done and when, and
 * how to go back. Pure.
 */
export function jobSummary(report: Report): string {
  const isFailed = report.error !== undefined;
  const { shown, others, title } = splitEvidence(report.evidence);
  const canary: SummaryPart = { name: 'the canary', importance: 85, markdown: canaryTable(report) };
  return joinSummaryParts([
    { name: 'the headline', importance: 100, markdown: `## ${headline(report)}` },
    { name: 'the error', importance: 99, markdown: errorText(report) },
    { name: 'the failed step', importance: 97, markdown: failedStepText(report) },
    { name: 'the output', importance: 95, markdown: outputBlock(report.details) },
    ...shown.map((each) => ({
      ...{ name: 'the log of a container', importance: 90, markdown: evidenceBlock(each) },
    })),
    ...(isFailed ? [canary] : []),
    { name: 'the state', importance: 98, markdown: stateText(report) },
    { name: 'the overview', importance: 96, markdown: overviewLine(report) },
    { name: 'the hosts', importance: 80, markdown: hostsTable(report) },
    ...mainParts(report),
    ...(isFailed ? [] : [canary]),
    { name: 'the timeline', importance: 50, markdown: ganttChart(report) },
    {
      name: 'the images',
      importance: 75,
      markdown: folded(isFailed, 'Images and build', detailsList(report)),
    },
    { name: 'the removed hosts', importance: 73, markdown: removedHostsNote(report) },
    { name: 'the kept volumes', importance: 73, markdown: keptVolumesDetails(report.hosts) },
    ...report.warnings.slice(0, MAX_WARNINGS).map((warning) => ({
      ...{ name: 'a warning', importance: 72, markdown: `> ⚠️ ${formatNamesAsCode(report, warning)}` },
    })),
    {
      ...{ name: 'the logs of other containers', importance: 30 },
      markdown: folded(true, title, others.map(evidenceBlock).join('\n\n')),
    },
    {
      ...{ name: 'the time of each stage', importance: 40 },
      markdown: folded(true, 'Time of each stage', timelineTable(report)),
    },
    { name: 'the steps', importance: 20, markdown: allStepsDetails(report) },
    { name: 'how to roll back', importance: 74, markdown: rollbackHelp(report) },
  ]);
}

/** The log has all of them. */
const MAX_WARNINGS = 20;

const folded = (isFolded: boolean, title: string, markdown: string): string =>
  isFolded && markdown !== '' ? detailsBlock(title, markdown) : markdown;

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
    failed: `❌${what === '' ? ' Failed' : `${what}: ${isDeploy(command) ? 'nothing was deployed' : 'failed'}`}`,
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

const isDeploy = (command: Report['command']): boolean => command === 'deliver' || command === 'deploy';

function rollbackText({ hosts, live }: Report): string {
  const incomplete = hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).length;
  if (incomplete > 0) return `rollback INCOMPLETE on ${incomplete} of ${hosts.length} hosts`;
  if (live !== undefined) return `rolled back, ${codeSpan(live)} is live`;
  return `rolled back, ${hosts.some(({ is }) => is !== undefined) ? 'the hosts serve different releases' : 'nothing is live'}`;
}

const errorText = (report: Report): string =>
  report.error === undefined ? '' : `**${formatNamesAsCode(report, report.error)}**`;

const stateText = (report: Report): string =>
  report.error === undefined ? '' : formatNamesAsCode(report, report.state);

/** Which step failed, where, and when. */
function failedStepText({ steps, hosts }: Report): string {
  const failed = completedSteps(steps).find(({ ok, aborted, undo }) => ok === false && !aborted && !undo);
  if (failed === undefined) return '';
  const { host, stage, text, startMs, durationMs } = failed;
  const where = hosts.length > 1 ? ` on ${codeSpan(host)}` : '';
  return `Failed in **${stageTitle(stage)}**${where}: ${markdownText(text)}, ${formatDuration(startMs + durationMs)} after the start.`;
}

function removedHostsNote(report: Report): string {
  const { removed } = report;
  return removed.length === 0 ? '' : `> ℹ️ ${formatNamesAsCode(report, removedHostsText(removed))}`;
}

/** The line that most readers need: commit, previous release, hosts, duration. */
function overviewLine(report: Report): string {
  const { actor, approval, strategy, hosts, runUrl, durationMs, result } = report;
  if (result === 'reported') return '';
  const commit = commitLink(report);
  const parts = [
    ...(result === 'planned' ? ['**dry run: nothing was changed**'] : []),
    ...(commit === '' ? [] : [`commit ${commit}`]),
    ...previousTexts(report),
    ...(hosts.length > 1 && areHostsAlike(hosts) ? [`${hosts.length} hosts, all healthy`] : []),
    ...(strategy === undefined ? [] : [markdownText(strategy)]),
    ...(approval?.kind === 'approved' ? [`approved by ${markdownText(approvalWord(approval))}`] : []),
    ...(approval?.kind === 'off' ? ['**approval off**'] : []),
    ...(durationMs === 0 ? [] : [formatDuration(durationMs)]),
    ...(actor === undefined ? [] : [`by ${markdownText(actor)}`]),
    ...(runUrl === undefined ? [] : [runLink(runUrl)]),
  ];
  return parts.join(' · ');
}

/** Whether all hosts became healthy with the same releases, so that one line says it. */
function areHostsAlike(hosts: readonly HostReport[]): boolean {
  return hosts.every(({ was, is, why }) => why === 'healthy' && was === hosts[0]?.was && is === hosts[0]?.is);
}

function mainParts({ result, history, hosts, steps }: Report): readonly SummaryPart[] {
  if (result === 'planned') return [{ name: 'the plan', importance: 85, markdown: planMarkdown(steps) }];
  if (result !== 'reported') return [];
  const [table = '', ...kept] = statusMarkdown(hosts);
  return [
    { name: 'the status', importance: 85, markdown: table },
    { name: 'the history', importance: 70, markdown: historyMarkdown(history, hosts.length) },
    ...kept.map((markdown) => ({ name: 'the kept releases of a host', importance: 60, markdown })),
  ];
}

function commitLink(report: Report): string {
  const { revision } = report;
  if (revision === undefined) return '';
  const repository = repositoryUrl(report);
  const address = repository === undefined ? undefined : `${repository}/commit/${revision}`;
  return link(codeSpan(revision.slice(0, 7)), address);
}

/** `replaces 9b1c44d0 (compare)`; of a release that was not accepted: `compare with 9b1c44d0`. */
function previousTexts(report: Report): readonly string[] {
  const { previous, result } = report;
  if (previous === undefined) return [];
  const address = compareUrl(report);
  if (result === 'rolled-back')
    return address === undefined ? [] : [link(`compare with ${codeSpan(previous)}`, address)];
  return [`replaces ${codeSpan(previous)}${address === undefined ? '' : ` (${link('compare', address)})`}`];
}

function runLink(runUrl: string): string {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === undefined ? 'run' : `run ${number}`, runUrl);
}
