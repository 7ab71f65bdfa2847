import { canaryTable } from './canary-table.ts';
import { formatNamesAsCode } from './code-format.ts';
import { deploymentDetails } from './details-list.ts';
import { evidenceBlock, splitEvidence } from './evidence.ts';
import { ganttChart } from './gantt.ts';
import type { HostReport } from './host-report.ts';
import { hostsTable } from './hosts-table.ts';
import { codeSpan, detailsBlock, link, markdownText } from './markdown.ts';
import type { DeploymentReport } from './report.ts';
import { compareUrl } from './repository-url.ts';
import { rollbackHelp } from './rollback-help.ts';
import {
  approvalWords,
  commitLink,
  destinationText,
  failureParts,
  foldedIf,
  overviewPart,
  runTexts,
} from './summary-head.ts';
import type { SummaryPart } from './summary-parts.ts';
import { removedHostsText } from './text-format.ts';
import { allStepsDetails, planMarkdown, stageTimesDetails } from './timeline.ts';

/** The log has all of them. */
const MAX_WARNINGS = 20;

/**
 * The summary of a deploy or a rollback: what is live; of a failed run first the evidence; then what each host serves, what was done and
 * when, and how to go back. Pure.
 */
export function deploymentParts(report: DeploymentReport): readonly SummaryPart[] {
  const isFailed = report.error !== undefined;
  const { shown, others, title } = splitEvidence(report.evidence);
  const canary: SummaryPart = { name: 'the canary', importance: 85, markdown: canaryTable(report) };
  const evidence = shown.map((each) => ({
    ...{ name: 'the log of a container', importance: 90, markdown: evidenceBlock(each) },
  }));
  return [
    ...failureParts(report, deploymentTitle(report), isFailed ? [...evidence, canary] : evidence),
    overviewPart(overviewTexts(report)),
    { name: 'the hosts', importance: 80, markdown: hostsTable(report) },
    {
      ...{ name: 'the plan', importance: 85 },
      markdown: report.result === 'planned' ? planMarkdown(report.steps) : '',
    },
    ...(isFailed ? [] : [canary]),
    { name: 'the timeline', importance: 50, markdown: ganttChart(report) },
    { name: 'the images', importance: 75, markdown: foldedIf(report, deploymentDetails(report)) },
    { name: 'the removed hosts', importance: 73, markdown: removedHostsNote(report) },
    ...report.warnings.slice(0, MAX_WARNINGS).map((warning) => ({
      ...{ name: 'a warning', importance: 72, markdown: `> ⚠️ ${formatNamesAsCode(report, warning)}` },
    })),
    {
      ...{ name: 'the logs of other containers', importance: 30 },
      markdown: others.length === 0 ? '' : detailsBlock(title, others.map(evidenceBlock).join('\n\n')),
    },
    { name: 'the time of each stage', importance: 40, markdown: stageTimesDetails(report) },
    { name: 'the steps', importance: 20, markdown: allStepsDetails(report) },
    { name: 'how to roll back', importance: 74, markdown: rollbackHelp(report) },
  ];
}

function deploymentTitle(report: DeploymentReport): string | undefined {
  const { command, release } = report;
  const what = destinationText(report);
  const id = release === undefined ? '' : ` ${codeSpan(release)}`;
  const titles = {
    planned: `📝${what}: plan for${id}`,
    deployed: command === 'rollback' ? `↩️${what}: rolled back to${id}` : `✅${what}:${id} is live`,
    unchanged: `✅${what}:${id} was live already`,
    'rolled-back': `❌${what}: ${rollbackText(report)}`,
    failed: undefined,
  } as const;
  return titles[report.result];
}

function rollbackText({ hosts, live }: DeploymentReport): string {
  const incomplete = hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).length;
  if (incomplete > 0) return `rollback INCOMPLETE on ${incomplete} of ${hosts.length} hosts`;
  if (live !== undefined) return `rolled back, ${codeSpan(live)} is live`;
  return `rolled back, ${hosts.some(({ is }) => is !== undefined) ? 'the hosts serve different releases' : 'nothing is live'}`;
}

/** Commit, previous release, hosts, duration. */
function overviewTexts(report: DeploymentReport): readonly string[] {
  const { approval, strategy, hosts, result } = report;
  const commit = commitLink(report);
  return [
    ...(result === 'planned' ? ['**dry run: nothing was changed**'] : []),
    ...(commit === '' ? [] : [`commit ${commit}`]),
    ...previousTexts(report),
    ...(hosts.length > 1 && areHostsAlike(hosts) ? [`${hosts.length} hosts, all healthy`] : []),
    ...(strategy === undefined ? [] : [markdownText(strategy)]),
    ...approvalWords(approval),
    ...runTexts(report),
  ];
}

/** Whether all hosts became healthy with the same releases, so that one line says it. */
function areHostsAlike(hosts: readonly HostReport[]): boolean {
  return hosts.every(({ was, is, why }) => why === 'healthy' && was === hosts[0]?.was && is === hosts[0]?.is);
}

/** `replaces 9b1c44d0 (compare)`; of a release that was not accepted: `compare with 9b1c44d0`. */
function previousTexts(report: DeploymentReport): readonly string[] {
  const { previous, result } = report;
  if (previous === undefined) return [];
  const address = compareUrl(report);
  if (result === 'rolled-back')
    return address === undefined ? [] : [link(`compare with ${codeSpan(previous)}`, address)];
  return [`replaces ${codeSpan(previous)}${address === undefined ? '' : ` (${link('compare', address)})`}`];
}

function removedHostsNote(report: DeploymentReport): string {
  const { removed } = report;
  return removed.length === 0 ? '' : `> ℹ️ ${formatNamesAsCode(report, removedHostsText(removed))}`;
}
