import { oneLine } from './plain-text.ts';
import type { HostReport } from './report.ts';

const LOG_COLUMNS = ['', 'release', 'commit', 'since', 'by', 'condition'] as const;

/** The status as an aligned table for the log. Pure. */
export function statusLines(hosts: readonly HostReport[]): readonly string[] {
  return hosts.flatMap((host) => {
    const rows = host.kept.map((kept) =>
      [
        kept.live ? '●' : '○',
        kept.release,
        kept.revision?.slice(0, 7) ?? '–',
        kept.acceptedAt ?? 'never accepted',
        kept.actor ?? '–',
        kept.condition,
      ].map(oneLine),
    );
    const widths = LOG_COLUMNS.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
    );
    const line = (cells: readonly string[]): string =>
      `  ${cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}`;
    return [
      `${host.host}: ${host.why}`,
      ...(rows.length === 0 ? [] : [line(LOG_COLUMNS), ...rows.map(line)]),
    ];
  });
}
