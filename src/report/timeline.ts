import { formatDuration } from '../model/duration.ts';
import type { HostName } from '../model/identifiers.ts';
import { shorten } from '../model/plain-text.ts';
import { codeSpan, detailsBlock, markdownTable, markdownText } from './markdown.ts';
import { REPORTED_STAGES, type ReportedSteps, type StepReport } from './step-report.ts';
import { type CompletedStep, completedSteps, endOf, hasFailed, shortHostNames, startOf } from './steps.ts';
import { stageTitle } from './text-format.ts';

/** Up to so many hosts are columns, which leaves room for bars. More hosts are rows. */
const MAX_HOST_COLUMNS = 4;

/** How long each stage took on each host. Pure. */
function timelineTable({ steps, hosts: given }: ReportedSteps): string {
  const completed = completedSteps(steps);
  if (completed.length === 0) return '';
  // In the order of the input, not of their speed.
  const active = new Set(completed.map(({ host }) => host));
  const hosts = [...new Set([...given, ...completed].map(({ host }) => host))].filter((host) =>
    active.has(host),
  );
  const nameOf = shortHostNames(hosts);
  const names = hosts.map((host) => codeSpan(nameOf(host)));
  const rows = rowsOf(completed);
  if (hosts.length > MAX_HOST_COLUMNS) {
    return markdownTable(
      ['Host', ...rows.map(({ title }) => title)],
      hosts.map((host, index) => [names[index] ?? '', ...rows.map((row) => cell(row, host))]),
    );
  }
  const end = endOf(completed);
  return markdownTable(
    ['Stage', `0 – ${formatDuration(end)}`, ...names],
    rows.map((row) => [row.title, bar(row, end), ...hosts.map((host) => cell(row, host))]),
  );
}

interface Row {
  readonly title: string;
  readonly byHost: ReadonlyMap<HostName, readonly CompletedStep[]>;
}

function rowsOf(completed: readonly CompletedStep[]): readonly Row[] {
  const byTitle = Map.groupBy(completed, ({ stage, undo }) => stageTitle(undo ? 'roll-back' : stage));
  return [...REPORTED_STAGES, 'roll-back' as const].flatMap((stage) => {
    const title = stageTitle(stage);
    const steps = byTitle.get(title);
    return steps === undefined ? [] : [{ title, byHost: Map.groupBy(steps, ({ host }) => host) }];
  });
}

function cell(row: Row, host: HostName): string {
  const steps = row.byHost.get(host) ?? [];
  if (steps.length === 0) return '';
  const duration = formatDuration(endOf(steps) - startOf(steps));
  return steps.some(hasFailed) ? `**✗ ${duration}**` : duration;
}

/** In characters. */
const BAR_WIDTH = 24;

/** When hosts were in a stage: parallel hosts are one stroke, waves are one stroke after the other. */
function bar({ byHost }: Row, end: number): string {
  const scale = (time: number): number => (end === 0 ? 0 : (time / end) * BAR_WIDTH);
  const strokes = [...byHost.values()].map((own) => {
    const from = Math.min(BAR_WIDTH - 1, Math.floor(scale(startOf(own))));
    return { from, to: Math.max(from + 1, Math.round(scale(endOf(own)))) };
  });
  const cells = Array.from({ length: BAR_WIDTH }, (_, index) =>
    // Non-breaking spaces keep the width of the code span; its background is the track of the bar.
    strokes.some(({ from, to }) => from <= index && index < to) ? '█' : '\u00A0',
  );
  return `\`${cells.join('')}\``;
}

/** Rows of the table of all steps. The log has every step. */
const MAX_STEP_ROWS = 1_000;
/** In characters. */
const MAX_STEP_TEXT_LENGTH = 400;

/** How long each stage took, collapsed. Pure. */
export function stageTimesDetails(report: ReportedSteps): string {
  const table = timelineTable(report);
  return table === '' ? '' : detailsBlock('Time of each stage', table);
}

/** The executed steps, collapsed. The log has the same. Pure. */
export function allStepsDetails({ steps }: ReportedSteps): string {
  const completed = completedSteps(steps);
  if (completed.length === 0) return '';
  const nameOf = shortHostNames(completed.map(({ host }) => host));
  const rows = completed
    .toSorted((one, other) => one.startMs - other.startMs)
    .slice(0, MAX_STEP_ROWS)
    .map((step) => [
      step.aborted ? '–' : step.ok === false ? '✗' : step.undo ? '↶' : '✓',
      formatDuration(step.startMs),
      codeSpan(nameOf(step.host)),
      markdownText(shorten(step.text, MAX_STEP_TEXT_LENGTH)),
      formatDuration(step.durationMs),
      markdownText(shorten(step.note ?? '', MAX_STEP_TEXT_LENGTH)),
    ]);
  return detailsBlock(
    rows.length < completed.length
      ? `The first ${rows.length} of ${completed.length} steps`
      : `All steps (${completed.length})`,
    markdownTable(['', 'Start', 'Host', 'Step', 'Duration', 'Result'], rows),
  );
}

/** A plan that was not executed. Hosts with the same steps share a table. Pure. */
export function planMarkdown(steps: readonly StepReport[]): string {
  const byHost = Map.groupBy(steps, ({ host }) => host);
  const tables = Map.groupBy(byHost, ([, own]) => planTable(own));
  if (tables.size === 0) return 'The release is live on every host already: nothing to do.';
  return [...tables]
    .map(([table, same]) => `**${same.map(([host]) => codeSpan(host)).join(', ')}**\n\n${table}`)
    .join('\n\n');
}

function planTable(steps: readonly StepReport[]): string {
  const rows = REPORTED_STAGES.map((stage) => [
    stageTitle(stage),
    steps
      .filter((step) => step.stage === stage)
      .map(({ text, note }) => markdownText(note === undefined ? text : `${text}: ${note}`))
      .join('<br>'),
  ]);
  return markdownTable(
    ['Stage', 'Steps'],
    rows.filter(([, texts]) => texts !== ''),
  );
}
