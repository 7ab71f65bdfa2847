import { deploymentParts } from './deployment-summary.ts';
import { approvalList, buildDetails, imageList } from './details-list.ts';
import { exportParts } from './export-summary.ts';
import { historyMarkdown } from './history-table.ts';
import { codeSpan, markdownText } from './markdown.ts';
import { removalParts } from './removal-summary.ts';
import type { BuildReport, GateReport, LogsReport, Report, StatusReport } from './report.ts';
import { statusMarkdown } from './status-table.ts';
import {
  approvalWords,
  commitLink,
  destinationText,
  failureParts,
  foldedIf,
  overviewPart,
  runTexts,
} from './summary-head.ts';
import { joinSummaryParts, type SummaryPart } from './summary-parts.ts';
import { unlockParts } from './unlock-summary.ts';

/** The job summary: what is live or was done; of a failed run first the evidence. Pure. */
export const jobSummary = (report: Report): string => joinSummaryParts(partsOf(report));

function partsOf(report: Report): readonly SummaryPart[] {
  switch (report.command) {
    case 'deliver':
    case 'deploy':
    case 'import':
    case 'rollback':
      return deploymentParts(report);
    case 'build':
      return buildParts(report);
    case 'status':
      return statusParts(report);
    case 'remove':
      return removalParts(report);
    case 'unlock':
      return unlockParts(report);
    case 'logs':
      return logsParts(report);
    case 'export':
      return exportParts(report);
    case 'gate':
      return gateParts(report);
  }
}

function buildParts(report: BuildReport): readonly SummaryPart[] {
  const title = report.result === 'built' ? `📦${destinationText(report)} built` : undefined;
  const commit = commitLink(report);
  return [
    ...failureParts(report, title),
    overviewPart([...(commit === '' ? [] : [`commit ${commit}`]), ...runTexts(report)]),
    { name: 'the images', importance: 75, markdown: foldedIf(report, buildDetails(report)) },
  ];
}

function statusParts(report: StatusReport): readonly SummaryPart[] {
  if (report.result === 'failed') return [...failureParts(report), overviewPart(runTexts(report))];
  const what = destinationText(report);
  const title = report.error === undefined ? `🔎${what}` : `❌${what}: not every host could be reached`;
  const [table = '', ...kept] = statusMarkdown(report.hosts);
  return [
    ...failureParts(report, title),
    { name: 'the status', importance: 85, markdown: table },
    { name: 'the history', importance: 70, markdown: historyMarkdown(report.history, report.hosts.length) },
    ...kept.map((markdown) => ({ name: 'the kept releases of a host', importance: 60, markdown })),
    { name: 'the images', importance: 75, markdown: foldedIf(report, imageList(report)) },
  ];
}

/** The lines themselves are in the log: nobody looks for what an app prints in a summary that may be kept longer. */
function logsParts(report: LogsReport): readonly SummaryPart[] {
  const title = report.result === 'printed' ? `📜${destinationText(report)}: logs` : undefined;
  const items = report.printed.map(
    ({ host, release }) => `- ${codeSpan(host)}: release ${codeSpan(release)}`,
  );
  return [
    ...failureParts(report, title),
    overviewPart(runTexts(report)),
    { name: 'the releases', importance: 85, markdown: items.join('\n') },
  ];
}

function gateParts(report: GateReport): readonly SummaryPart[] {
  const { result, environment, approval } = report;
  const waits = approval?.kind === 'awaited' ? 'waits' : 'does not wait';
  const name = environment === undefined ? 'environment' : markdownText(environment);
  const title = result === 'checked' ? `🚦 ${name}: a deploy ${waits} for an approval` : undefined;
  return [
    ...failureParts(report, title),
    overviewPart([...approvalWords(approval), ...runTexts(report)]),
    { name: 'the approval', importance: 75, markdown: foldedIf(report, approvalList(report)) },
  ];
}
