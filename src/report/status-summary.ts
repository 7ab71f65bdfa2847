import { formatMinute } from './action-text.ts';
import { codeSpan, detailsBlock, htmlText, link, markdownTable, markdownText } from './markdown.ts';
import type { HostReport, KeptRelease } from './report.ts';

/** What is live on each host, one row a host, and folded below it what could be gone back to. Pure. */
export function statusMarkdown(hosts: readonly HostReport[]): string {
  const rows = hosts.map((host) => {
    const live = host.kept.find((kept) => kept.live);
    return live === undefined
      ? [codeSpan(host.host), '–', '', '', '', markdownText(host.why)]
      : [codeSpan(host.host), ...cells(live)];
  });
  const kept = hosts
    .filter((host) => host.kept.some((release) => !release.live))
    .map((host) => {
      const others = host.kept.filter((release) => !release.live);
      return detailsBlock(
        `Kept on <code>${htmlText(host.host)}</code> (${others.length})`,
        markdownTable(SUMMARY_COLUMNS, others.map(cells)),
      );
    });
  return [markdownTable(['Host', ...SUMMARY_COLUMNS], rows), ...kept].join('\n\n');
}

const SUMMARY_COLUMNS = ['Release', 'Commit', 'Since (UTC)', 'By', 'Condition'] as const;

function cells(kept: KeptRelease): readonly string[] {
  return [
    codeSpan(kept.release),
    kept.revision === undefined ? '–' : codeSpan(kept.revision.slice(0, 7)),
    kept.acceptedAt === undefined
      ? 'never accepted'
      : link(markdownText(formatMinute(kept.acceptedAt)), kept.runUrl),
    kept.actor === undefined ? '–' : markdownText(kept.actor),
    `${kept.live && !kept.whole ? '⚠️ ' : ''}${markdownText(kept.condition)}`,
  ];
}
