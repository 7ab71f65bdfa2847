import { approvalList } from './details-list.ts';
import { ganttChart } from './gantt.ts';
import { hostsTable } from './hosts-table.ts';
import { keptVolumesDetails } from './removal-report.ts';
import type { RemovalReport } from './report.ts';
import {
  approvalWords,
  destinationText,
  failureParts,
  foldedIf,
  overviewPart,
  runTexts,
} from './summary-head.ts';
import type { SummaryPart } from './summary-parts.ts';
import { allStepsDetails, planMarkdown, stageTimesDetails } from './timeline.ts';

/** The summary of a removal: what is gone from each host, and what stays. Pure. */
export function removalParts(report: RemovalReport): readonly SummaryPart[] {
  const { result, approval, steps, hosts } = report;
  const isPlan = result === 'planned';
  return [
    ...failureParts(report, removalTitle(report)),
    overviewPart([
      ...(isPlan ? ['**dry run: nothing was changed**'] : []),
      ...approvalWords(approval),
      ...runTexts(report),
    ]),
    { name: 'the hosts', importance: 80, markdown: hostsTable(report) },
    { name: 'the plan', importance: 85, markdown: isPlan ? planMarkdown(steps) : '' },
    { name: 'the timeline', importance: 50, markdown: ganttChart(report) },
    { name: 'the approval', importance: 75, markdown: foldedIf(report, approvalList(report)) },
    { name: 'the kept volumes', importance: 73, markdown: keptVolumesDetails(hosts) },
    { name: 'the time of each stage', importance: 40, markdown: stageTimesDetails(report) },
    { name: 'the steps', importance: 20, markdown: allStepsDetails(report) },
  ];
}

function removalTitle(report: RemovalReport): string | undefined {
  const what = destinationText(report);
  const titles = {
    planned: `📝${what}: plan of its removal`,
    unchanged: `✅${what}: nothing to remove`,
    removed: `🗑️${what} removed`,
    failed: undefined,
  } as const;
  return titles[report.result];
}
