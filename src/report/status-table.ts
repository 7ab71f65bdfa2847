import { oneLine } from '../model/plain-text.ts';
import { formatMinute } from '../model/time.ts';
import { alignedTable } from './aligned-table.ts';
import { approvalWord } from './approval-text.ts';
import type { KeptRelease, StatusHost } from './host-report.ts';
import { codeSpan, detailsBlock, htmlText, link, markdownTable, markdownText } from './markdown.ts';

const COLUMNS = ['Release', 'Commit', 'Since (UTC)', 'By', 'Approval', 'Condition'] as const;

/** The status for the summary: a table with a row per host; then, collapsed, what each host could roll back to. Pure. */
export function statusMarkdown(hosts: readonly StatusHost[]): readonly string[] {
  const rows = hosts.map(({ host, kept = [], why }) => {
    const live = kept.find((release) => release.live);
    const cells = live === undefined ? ['–', '', '', '', '', markdownText(why)] : markdownCells(live);
    return [codeSpan(host), ...cells];
  });
  const others = hosts.flatMap(({ host, kept = [] }) => {
    const stopped = kept.filter((release) => !release.live).map(markdownCells);
    if (stopped.length === 0) return [];
    return [
      detailsBlock(
        `Kept on <code>${htmlText(host)}</code> (${stopped.length})`,
        markdownTable(COLUMNS, stopped),
      ),
    ];
  });
  return [markdownTable(['Host', ...COLUMNS], rows), ...others];
}

/** The status for the log: one aligned table per host. Pure. */
export function statusLines(hosts: readonly StatusHost[]): readonly string[] {
  return hosts.flatMap(({ host, why, kept = [] }) => {
    const rows = [['', ...COLUMNS], ...kept.map(logCells)];
    return [`${host}: ${why}`, ...(kept.length === 0 ? [] : alignedTable(rows))];
  });
}

function markdownCells(kept: KeptRelease): readonly string[] {
  const { release, revision, acceptedAt, runUrl, actor, approval, condition, live, up } = kept;
  return [
    codeSpan(release),
    revision === undefined ? '–' : codeSpan(revision.slice(0, 7)),
    acceptedAt === undefined ? 'never accepted' : link(markdownText(formatMinute(acceptedAt)), runUrl),
    actor === undefined ? '–' : markdownText(actor),
    markdownText(approvalWord(approval)),
    `${live && !up ? '⚠️ ' : ''}${markdownText(condition)}`,
  ];
}

function logCells({
  release,
  revision,
  acceptedAt,
  actor,
  approval,
  condition,
  live,
}: KeptRelease): readonly string[] {
  return [
    live ? '●' : '○',
    release,
    revision?.slice(0, 7) ?? '–',
    acceptedAt === undefined ? 'never accepted' : formatMinute(acceptedAt),
    actor ?? '–',
    approvalWord(approval),
    condition,
  ].map(oneLine);
}
