import { formatDuration } from '../model/duration.ts';
import { STAGES } from '../plan/steps.ts';
import { ROLL_BACK_TITLE, STAGE_TITLES } from './action-text.ts';
import { codeSpan, detailsBlock, markdownTable, markdownText } from './markdown.ts';
import type { Report, StepReport } from './report.ts';

/** A step that was carried out. */
type CompletedStep = StepReport & { readonly at: number; readonly took: number };
const isCompletedStep = (step: StepReport): step is CompletedStep =>
  step.at !== undefined && step.took !== undefined;

/** More hosts than this are rows; fewer are columns, which leaves room for bars. */
const MAX_HOST_COLUMNS = 4;

/** How long each stage took on each host. Pure. */
export function timelineTable({ steps, hosts: given }: Report): string {
  const done = steps.filter(isCompletedStep);
  if (done.length === 0) return '';
  // In the order in which they were given, not in that of their speed.
  const hosts = [...new Set([...given, ...done].map(({ host }) => host))].filter((host) =>
    done.some((step) => step.host === host),
  );
  const rows = rowsOf(done);
  if (hosts.length > MAX_HOST_COLUMNS) {
    const head = ['Host', ...rows.map(({ title }) => title)];
    return markdownTable(
      head,
      hosts.map((host) => [codeSpan(shortHostName(host, hosts)), ...rows.map((row) => cell(row, host))]),
    );
  }
  const end = Math.max(...done.map((step) => step.at + step.took));
  return markdownTable(
    ['Stage', `0 – ${formatDuration(end)}`, ...hosts.map((host) => codeSpan(shortHostName(host, hosts)))],
    rows.map((row) => [row.title, bar(row.steps, end), ...hosts.map((host) => cell(row, host))]),
  );
}

/** A host's name without scheme and user, where that still tells it apart. */
function shortHostName(host: string, hosts: readonly string[]): string {
  const bare = (name: string): string => name.replace(/^\w+:\/\/(?:[^@/]*@)?/, '');
  const mine = bare(host);
  return mine !== '' && hosts.filter((other) => bare(other) === mine).length === 1 ? mine : host;
}

interface Row {
  readonly title: string;
  readonly steps: readonly CompletedStep[];
}

function rowsOf(done: readonly CompletedStep[]): readonly Row[] {
  const stages = STAGES.map((stage) => ({
    title: STAGE_TITLES[stage],
    steps: done.filter((step) => step.stage === stage && !step.undo),
  }));
  return [...stages, { title: ROLL_BACK_TITLE, steps: done.filter((step) => step.undo) }].filter(
    ({ steps }) => steps.length > 0,
  );
}

function cell(row: Row, host: string): string {
  const mine = row.steps.filter((step) => step.host === host);
  if (mine.length === 0) return '';
  const took = formatDuration(
    Math.max(...mine.map(({ at, took }) => at + took)) - Math.min(...mine.map(({ at }) => at)),
  );
  return mine.some(({ ok, ended }) => ok === false && !ended) ? `**✗ ${took}**` : took;
}

/** Characters of a bar. */
const BAR_WIDTH = 24;

/** When hosts were in a stage: those that go together are one stroke, waves are strokes one after the other. */
function bar(steps: readonly CompletedStep[], end: number): string {
  const scale = (time: number): number => (end === 0 ? 0 : (time / end) * BAR_WIDTH);
  const strokes = [...new Set(steps.map(({ host }) => host))].map((host) => {
    const mine = steps.filter((step) => step.host === host);
    const from = Math.min(BAR_WIDTH - 1, Math.floor(scale(Math.min(...mine.map(({ at }) => at)))));
    const to = Math.round(scale(Math.max(...mine.map(({ at, took }) => at + took))));
    return { from, to: Math.max(from + 1, to) };
  });
  const cells = Array.from({ length: BAR_WIDTH }, (_, cell) =>
    // Spaces that don't break keep the bar's place in the code span, whose ground is its track.
    strokes.some(({ from, to }) => from <= cell && cell < to) ? '█' : '\u00A0',
  );
  return `\`${cells.join('')}\``;
}

/** Every step as it went, folded: the log has the same. Pure. */
export function allStepsDetails({ steps }: Report): string {
  const done = steps.filter(isCompletedStep);
  if (done.length === 0) return '';
  const hosts = [...new Set(done.map((step) => step.host))];
  const rows = done
    .toSorted((one, other) => one.at - other.at)
    .map((step) => [
      step.ended ? '–' : step.ok === false ? '✗' : step.undo ? '↶' : '✓',
      formatDuration(step.at),
      codeSpan(shortHostName(step.host, hosts)),
      markdownText(step.text),
      formatDuration(step.took),
      markdownText(step.note ?? ''),
    ]);
  return detailsBlock(
    `Every step (${done.length})`,
    markdownTable(['', 'At', 'Host', 'Step', 'Took', ''], rows),
  );
}

/** A plan that was not carried out; hosts with the same steps share one table. Pure. */
export function planMarkdown(steps: readonly StepReport[]): string {
  const hosts = [...new Set(steps.map((step) => step.host))];
  const bodies = new Map<string, string[]>();
  for (const host of hosts) {
    const body = planTable(steps.filter((step) => step.host === host));
    bodies.set(body, [...(bodies.get(body) ?? []), host]);
  }
  if (bodies.size === 0) return 'Every host is as wanted already: there is nothing to do.';
  return [...bodies].map(([body, same]) => `**${same.map(codeSpan).join(', ')}**\n\n${body}`).join('\n\n');
}

function planTable(steps: readonly StepReport[]): string {
  const stages = STAGES.filter((stage) => steps.some((step) => step.stage === stage));
  const lines = (stage: string): string =>
    steps
      .filter((step) => step.stage === stage)
      .map((step) => markdownText(step.note === undefined ? step.text : `${step.text}: ${step.note}`))
      .join('<br>');
  return markdownTable(
    ['Stage', 'Steps'],
    stages.map((stage) => [STAGE_TITLES[stage], lines(stage)]),
  );
}
