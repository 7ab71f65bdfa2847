import { formatDuration } from '../model/duration.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import { oneLine } from '../model/plain-text.ts';
import { joinWithAnd } from '../model/text.ts';
import { formatMinute } from '../model/time.ts';
import { alignedTable } from './aligned-table.ts';
import { approvalWord } from './approval-text.ts';
import type { HistoryReport } from './host-report.ts';
import { codeSpan, link, markdownTable, markdownText } from './markdown.ts';

/** Runs that a status shows. */
const MAX_RUNS = 10;

/** The last runs on these hosts, the newest first. The same run on several hosts is one. Pure. */
export function historyOf(
  hosts: readonly Pick<ObservedHost, 'host' | 'history' | 'releases'>[],
): readonly HistoryReport[] {
  const entries = hosts.flatMap(({ host, history, releases }) =>
    withoutTakenBack(history).map((entry) => ({
      host,
      entry,
      record: releases.find(({ id }) => id === entry.release)?.record,
    })),
  );
  const runs = Map.groupBy(entries, ({ entry: { event, release, runUrl, at } }) =>
    [event, release, runUrl ?? at].join(' '),
  );
  const ended = [...runs.values()].flatMap((same): readonly HistoryReport[] => {
    const [first] = same.toSorted((one, other) => one.entry.at.localeCompare(other.entry.at));
    if (first === undefined) return [];
    const { at, event, command, release, previous, actor, runUrl, approval, revision, durationMs } =
      first.entry;
    return [
      {
        ...{ at, command, release, previous, actor, runUrl, approval, durationMs },
        result: event === 'accepted' ? 'deployed' : event,
        revision: revision ?? first.record?.origin.revision,
        hosts: [...new Set(same.map(({ host }) => host))],
      },
    ];
  });
  return [...ended, ...unfinishedRuns(hosts)]
    .toSorted((one, other) => other.at.localeCompare(one.at))
    .slice(0, MAX_RUNS);
}

/** Releases that no run has accepted or rolled back: all that is known of their runs is in their records. */
function unfinishedRuns(
  hosts: readonly Pick<ObservedHost, 'host' | 'history' | 'releases'>[],
): readonly HistoryReport[] {
  const found = hosts.flatMap(({ host, history, releases }) =>
    releases.flatMap(({ id, record }) =>
      record === undefined || history.some(({ release }) => release === id) ? [] : [{ host, record }],
    ),
  );
  const runs = Map.groupBy(found, ({ record }) => record.id);
  return [...runs.values()].flatMap((same): readonly HistoryReport[] => {
    const [first] = same;
    if (first === undefined) return [];
    const { id, origin } = first.record;
    const { createdAt, actor, runUrl, revision } = origin;
    return [
      {
        ...{ at: createdAt, result: 'unfinished', command: 'deploy', release: id, previous: undefined },
        ...{ revision, actor, runUrl, approval: undefined, durationMs: undefined },
        hosts: same.map(({ host }) => host),
      },
    ];
  });
}

/** Without an acceptance that the same run took back, because another host failed: that run has failed. */
const withoutTakenBack = (history: readonly HistoryEntry[]): readonly HistoryEntry[] =>
  history.filter(({ event, release, runUrl }, index) => {
    const next = history[index + 1];
    const isTakenBack =
      event === 'accepted' &&
      next?.event === 'rolled-back' &&
      next.release === release &&
      next.previous !== release &&
      next.runUrl === runUrl;
    return !isTakenBack;
  });

/** As a person reads it. */
function historyResultText({ result, command }: HistoryReport): string {
  if (result === 'unfinished') return 'not finished';
  if (result === 'rolled-back') return 'failed, rolled back';
  return command === 'rollback' ? 'rolled back by hand' : 'deployed';
}

function historyResultIcon({ result, command }: HistoryReport): string {
  if (result === 'unfinished') return '…';
  if (result === 'rolled-back') return '❌';
  return command === 'rollback' ? '↩️' : '✅';
}

const HISTORY_COLUMNS = [
  'When (UTC)',
  'Result',
  'Release',
  'Commit',
  'By',
  'Approval',
  'Duration',
  'Hosts',
] as const;

/** The history for the summary; empty if there is none. Pure. */
export function historyMarkdown(history: readonly HistoryReport[], fleet: number): string {
  if (history.length === 0) return '';
  const rows = history.map((run) => [
    link(markdownText(formatMinute(run.at)), run.runUrl),
    `${historyResultIcon(run)} ${historyResultText(run)}`,
    codeSpan(run.release),
    run.revision === undefined ? '–' : codeSpan(run.revision.slice(0, 7)),
    markdownText(run.actor ?? '–'),
    markdownText(approvalWord(run.approval)),
    run.durationMs === undefined ? '–' : formatDuration(run.durationMs),
    run.hosts.length === fleet ? 'all' : run.hosts.map(codeSpan).join(', '),
  ]);
  return `**History**\n\n${markdownTable(HISTORY_COLUMNS, rows)}`;
}

/** The history for the log, as an aligned table; empty if there is none. Pure. */
export function historyLines(history: readonly HistoryReport[], fleet: number): readonly string[] {
  if (history.length === 0) return [];
  const rows = history.map((run) =>
    [
      formatMinute(run.at),
      historyResultText(run),
      run.release,
      run.revision?.slice(0, 7) ?? '–',
      run.actor ?? '–',
      approvalWord(run.approval),
      run.durationMs === undefined ? '–' : formatDuration(run.durationMs),
      run.hosts.length === fleet ? 'all' : joinWithAnd(run.hosts),
    ].map(oneLine),
  );
  return ['History:', ...alignedTable([HISTORY_COLUMNS, ...rows])];
}
