import { formatDuration } from '../model/duration.ts';
import type { HostName } from '../model/identifiers.ts';
import { codeSpan, detailsBlock, markdownTable, markdownText } from './markdown.ts';
import { REPORTED_STAGES, type Report, type StepReport } from './report.ts';
import { stageTitle } from './text-format.ts';

/** A step that was executed. */
type CompletedStep = StepReport & { readonly startMs: number; readonly durationMs: number };
const isCompletedStep = (step: StepReport): step is CompletedStep =>
  step.startMs !== undefined && step.durationMs !== undefined;

/** Up to so many hosts are columns, which leaves room for bars. More hosts are rows. */
const MAX_HOST_COLUMNS = 4;

/** How long each stage took on each host. Pure. */
export function timelineTable({ steps, hosts: given }: Report): string {
  const completed = steps.filter(isCompletedStep);
  if (completed.length === 0) return '';
  // In the order of the input, not of their speed.
  const hosts = [...new Set([...given, ...completed].map(({ host }) => host))].filter((host) =>
    completed.some((step) => step.host === host),
  );
  const names = hosts.map((host) => codeSpan(shortHostName(host, hosts)));
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
    rows.map((row) => [row.title, bar(row.steps, end), ...hosts.map((host) => cell(row, host))]),
  );
}

const startOf = (steps: readonly CompletedStep[]): number => Math.min(...steps.map(({ startMs }) => startMs));
const endOf = (steps: readonly CompletedStep[]): number =>
  Math.max(...steps.map(({ startMs, durationMs }) => startMs + durationMs));

/** A host's name without scheme and user, if no other host has the same. */
function shortHostName(host: HostName, hosts: readonly HostName[]): string {
  const bare = (name: string): string => name.replace(/^\w+:\/\/(?:[^@/]*@)?/, '');
  const short = bare(host);
  return short !== '' && hosts.filter((other) => bare(other) === short).length === 1 ? short : host;
}

interface Row {
  readonly title: string;
  readonly steps: readonly CompletedStep[];
}

function rowsOf(completed: readonly CompletedStep[]): readonly Row[] {
  const stages = REPORTED_STAGES.map((stage) => ({
    title: stageTitle(stage),
    steps: completed.filter((step) => step.stage === stage && !step.undo),
  }));
  const rollBack = { title: stageTitle('roll-back'), steps: completed.filter(({ undo }) => undo) };
  return [...stages, rollBack].filter(({ steps }) => steps.length > 0);
}

function cell(row: Row, host: HostName): string {
  const steps = row.steps.filter((step) => step.host === host);
  if (steps.length === 0) return '';
  const duration = formatDuration(endOf(steps) - startOf(steps));
  return steps.some(({ ok, aborted }) => ok === false && !aborted) ? `**✗ ${duration}**` : duration;
}

/** In characters. */
const BAR_WIDTH = 24;

/** When hosts were in a stage: parallel hosts are one stroke, waves are one stroke after the other. */
function bar(steps: readonly CompletedStep[], end: number): string {
  const scale = (time: number): number => (end === 0 ? 0 : (time / end) * BAR_WIDTH);
  const strokes = [...new Set(steps.map(({ host }) => host))].map((host) => {
    const own = steps.filter((step) => step.host === host);
    const from = Math.min(BAR_WIDTH - 1, Math.floor(scale(startOf(own))));
    return { from, to: Math.max(from + 1, Math.round(scale(endOf(own)))) };
  });
  const cells = Array.from({ length: BAR_WIDTH }, (_, index) =>
    // Non-breaking spaces keep the width of the code span; its background is the track of the bar.
    strokes.some(({ from, to }) => from <= index && index < to) ? '█' : '\u00A0',
  );
  return `\`${cells.join('')}\``;
}

/** Every executed step, collapsed. The log has the same. Pure. */
export function allStepsDetails({ steps }: Report): string {
  const completed = steps.filter(isCompletedStep);
  if (completed.length === 0) return '';
  const hosts = [...new Set(completed.map((step) => step.host))];
  const rows = completed
    .toSorted((one, other) => one.startMs - other.startMs)
    .map((step) => [
      step.aborted ? '–' : step.ok === false ? '✗' : step.undo ? '↶' : '✓',
      formatDuration(step.startMs),
      codeSpan(shortHostName(step.host, hosts)),
      markdownText(step.text),
      formatDuration(step.durationMs),
      markdownText(step.note ?? ''),
    ]);
  return detailsBlock(
    `All steps (${completed.length})`,
    markdownTable(['', 'Start', 'Host', 'Step', 'Duration', 'Result'], rows),
  );
}

/** A plan that was not executed. Hosts with the same steps share a table. Pure. */
export function planMarkdown(steps: readonly StepReport[]): string {
  const hosts = [...new Set(steps.map((step) => step.host))];
  const tables = new Map<string, string[]>();
  for (const host of hosts) {
    const table = planTable(steps.filter((step) => step.host === host));
    tables.set(table, [...(tables.get(table) ?? []), host]);
  }
  if (tables.size === 0) return 'The release is live on every host already: nothing to do.';
  return [...tables].map(([table, same]) => `**${same.map(codeSpan).join(', ')}**\n\n${table}`).join('\n\n');
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
