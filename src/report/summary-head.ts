import type { Approval } from '../model/approval.ts';
import { formatDuration } from '../model/duration.ts';
import { approvalWord } from './approval-text.ts';
import { formatNamesAsCode } from './code-format.ts';
import { outputBlock } from './evidence.ts';
import { codeSpan, detailsBlock, link, markdownText } from './markdown.ts';
import type { Report } from './report.ts';
import { repositoryUrl } from './repository-url.ts';
import type { ReportedSteps } from './step-report.ts';
import { completedSteps } from './steps.ts';
import type { SummaryPart } from './summary-parts.ts';
import { stageTitle } from './text-format.ts';

/** What the summaries of all commands begin with: the headline, and why the run failed. */

/** ` shop → production`; empty if there is no app. */
export function destinationText({ app, environment }: Pick<Report, 'app' | 'environment'>): string {
  if (app === undefined) return '';
  return ` ${markdownText(app)}${environment === undefined ? '' : ` → ${markdownText(environment)}`}`;
}

/**
 * The headline, the error with its evidence, and the state. Pure.
 * @param title the headline; by default that of a run that failed
 * @param evidence shown before the state
 */
export function failureParts(
  report: Report,
  title: string = failedTitle(report),
  evidence: readonly SummaryPart[] = [],
): readonly SummaryPart[] {
  const { error, details, state } = report;
  return [
    { name: 'the headline', importance: 100, markdown: `## ${title}` },
    {
      ...{ name: 'the error', importance: 99 },
      markdown: error === undefined ? '' : `**${formatNamesAsCode(report, error)}**`,
    },
    { name: 'the failed step', importance: 97, markdown: 'steps' in report ? failedStepText(report) : '' },
    { name: 'the output', importance: 95, markdown: outputBlock(details) },
    ...evidence,
    {
      ...{ name: 'the state', importance: 98 },
      markdown: error === undefined ? '' : formatNamesAsCode(report, state),
    },
  ];
}

function failedTitle(report: Report): string {
  const what = destinationText(report);
  const isDeploy = ['deliver', 'deploy', 'import'].includes(report.command);
  return `❌${what === '' ? ' Failed' : `${what}: ${isDeploy ? 'nothing was deployed' : 'failed'}`}`;
}

/** Which step failed, where, and when. */
function failedStepText({ steps, hosts }: ReportedSteps): string {
  const failed = completedSteps(steps).find(({ ok, aborted, undo }) => ok === false && !aborted && !undo);
  if (failed === undefined) return '';
  const { host, stage, text, startMs, durationMs } = failed;
  const where = hosts.length > 1 ? ` on ${codeSpan(host)}` : '';
  return `Failed in **${stageTitle(stage)}**${where}: ${markdownText(text)}, ${formatDuration(startMs + durationMs)} after the start.`;
}

/** The line that most readers need. */
export const overviewPart = (texts: readonly string[]): SummaryPart => ({
  ...{ name: 'the overview', importance: 96 },
  markdown: texts.join(' · '),
});

/** Who approved it, or that nobody was asked although somebody could have been. */
export function approvalWords(approval: Approval | undefined): readonly string[] {
  if (approval?.kind === 'off') return ['**approval off**'];
  return approval?.kind === 'approved' ? [`approved by ${markdownText(approvalWord(approval))}`] : [];
}

/** How long the run took, who started it, and its page. */
export function runTexts({ durationMs, actor, runUrl }: Report): readonly string[] {
  return [
    ...(durationMs === 0 ? [] : [formatDuration(durationMs)]),
    ...(actor === undefined ? [] : [`by ${markdownText(actor)}`]),
    ...(runUrl === undefined ? [] : [runLink(runUrl)]),
  ];
}

function runLink(runUrl: string): string {
  const number = /\/runs\/(\d+)/.exec(runUrl)?.[1];
  return link(number === undefined ? 'run' : `run ${number}`, runUrl);
}

/** The commit with a link to it; empty if it is not known. */
export function commitLink(
  report: Pick<Report, 'runUrl'> & { readonly revision: string | undefined },
): string {
  const { revision } = report;
  if (revision === undefined) return '';
  const repository = repositoryUrl(report);
  const address = repository === undefined ? undefined : `${repository}/commit/${revision}`;
  return link(codeSpan(revision.slice(0, 7)), address);
}

/** The images and the like: collapsed after a failure, which needs the place. */
export const foldedIf = ({ error }: Pick<Report, 'error'>, markdown: string): string =>
  error === undefined || markdown === '' ? markdown : detailsBlock('Images and build', markdown);
