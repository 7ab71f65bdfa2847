import { code, folded, html, link, table, text } from './markdown.ts';
import type { HostReport, KeptRelease } from './report.ts';
import { moment } from './words.ts';

/** What is live on each host, one row a host, and folded below it what could be gone back to. Pure. */
export function statusOf(hosts: readonly HostReport[]): string {
  const rows = hosts.map((host) => {
    const live = host.kept.find((kept) => kept.live);
    return live === undefined
      ? [code(host.host), '–', '', '', '', text(host.why)]
      : [code(host.host), ...cells(live)];
  });
  const kept = hosts
    .filter((host) => host.kept.some((release) => !release.live))
    .map((host) => {
      const others = host.kept.filter((release) => !release.live);
      return folded(
        `Kept on <code>${html(host.host)}</code> (${others.length})`,
        table(COLUMNS, others.map(cells)),
      );
    });
  return [table(['Host', ...COLUMNS], rows), ...kept].join('\n\n');
}

const COLUMNS = ['Release', 'Commit', 'Since (UTC)', 'By', 'Condition'] as const;

function cells(kept: KeptRelease): readonly string[] {
  return [
    code(kept.release),
    kept.revision === undefined ? '–' : code(kept.revision.slice(0, 7)),
    kept.acceptedAt === undefined ? 'never accepted' : link(text(moment(kept.acceptedAt)), kept.runUrl),
    kept.actor === undefined ? '–' : text(kept.actor),
    `${kept.live && !kept.whole ? '⚠️ ' : ''}${text(kept.condition)}`,
  ];
}
