import { oneLine } from '../model/plain-text.ts';
import { approvalList } from './details-list.ts';
import { codeSpan, link, markdownText } from './markdown.ts';
import type { LockReport, UnlockReport } from './report.ts';
import {
  approvalWords,
  destinationText,
  failureParts,
  foldedIf,
  overviewPart,
  runTexts,
} from './summary-head.ts';
import type { SummaryPart } from './summary-parts.ts';

/** The summary of a break of locks: whose they were. Pure. */
export function unlockParts(report: UnlockReport): readonly SummaryPart[] {
  const { result, approval } = report;
  return [
    ...failureParts(report, unlockTitle(report)),
    overviewPart([
      ...(result === 'planned' ? ['**dry run: nothing was changed**'] : []),
      ...approvalWords(approval),
      ...runTexts(report),
    ]),
    { name: 'the locks', importance: 85, markdown: report.locks.map(lockItem).join('\n') },
    { name: 'the approval', importance: 75, markdown: foldedIf(report, approvalList(report)) },
  ];
}

function unlockTitle(report: UnlockReport): string | undefined {
  const what = destinationText(report);
  const titles = {
    planned: `📝${what}: locked`,
    unchanged: `✅${what}: not locked`,
    unlocked: `🔓${what} unlocked`,
    failed: undefined,
  } as const;
  return titles[report.result];
}

/** One line of the log for a lock. */
export const lockLine = ({ host, actor, runUrl, since, expired }: LockReport): string =>
  oneLine(
    `${host}: locked by a run${actor === undefined ? '' : ` of ${actor}`} since ${since}${expired ? ', expired' : ''}${runUrl === undefined ? '' : ` (${runUrl})`}`,
  );

function lockItem({ host, actor, runUrl, since, expired }: LockReport): string {
  const run = runUrl === undefined ? 'a run' : link('a run', runUrl);
  const whose = actor === undefined ? '' : ` of ${markdownText(actor)}`;
  return `- ${codeSpan(host)}: locked by ${run}${whose} since ${markdownText(since)}${expired ? ', expired' : ''}`;
}
