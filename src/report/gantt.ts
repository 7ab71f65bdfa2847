import { formatDuration } from '../model/duration.ts';
import type { HostName } from '../model/identifiers.ts';
import { formatPercent } from '../model/percent.ts';
import { oneLine } from '../model/plain-text.ts';
import { codeBlock } from './markdown.ts';
import type { ReportedSteps } from './step-report.ts';
import { type CompletedStep, completedSteps, endOf, hasFailed, shortHostNames } from './steps.ts';
import { stageTitle } from './text-format.ts';

/** A bar of the chart: consecutive steps of a host that belong together. */
interface ChartBar {
  readonly title: string;
  /** Milliseconds since the plan began. */
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
  readonly undo: boolean;
  /** It only moves traffic, which takes no time that could be seen. */
  readonly isSwitch: boolean;
}

interface ChartSection {
  readonly title: string;
  readonly bars: readonly ChartBar[];
}

/** So many hosts have a section each. Of more hosts, the fleet has one, and those that failed have one each. */
const MAX_SECTIONS = 3;
/** Steps at the beginning and the end that are shorter than this part of the chart have no bar. */
const MIN_PART = 0.004;

/**
 * When each host did what, as a chart that GitHub draws: https://docs.github.com/en/get-started/writing-on-github, "Creating
 * diagrams". Empty where nothing was executed. Pure.
 */
export function ganttChart({ steps, hosts: given }: ReportedSteps): string {
  const completed = completedSteps(steps);
  const hosts = [...new Set([...given, ...completed].map(({ host }) => host))];
  const end = endOf(completed);
  const sections = sectionsOf(completed, hosts)
    .map(({ title, bars }) => ({ title, bars: bars.filter((bar) => isVisible(bar, end)) }))
    .filter(({ bars }) => bars.length > 0);
  if (sections.length === 0) return '';
  const longest = Math.max(...sections.map(({ title }) => title.length));
  const config = { fontSize: 12, sectionFontSize: 13, barHeight: 18, barGap: 4, topPadding: 46 };
  const layout = { ...config, gridLineStartPadding: 46, leftPadding: 24 + Math.ceil(longest * 7.2) };
  const lines = [
    `%%{init: ${JSON.stringify({ gantt: layout })}}%%`,
    'gantt',
    // Seconds of the epoch: they do not depend on the time zone of the reader.
    ...['dateFormat x', 'axisFormat %ss', `tickInterval ${tickInterval(end)}`, 'todayMarker off'],
    ...sections.flatMap(({ title, bars }) => [`section ${title}`, ...bars.map(barLine)]),
  ];
  return codeBlock(
    lines.map((line, index) => (index < 2 ? line : `  ${line}`)),
    'mermaid',
  );
}

function sectionsOf(steps: readonly CompletedStep[], hosts: readonly HostName[]): readonly ChartSection[] {
  const nameOf = shortHostNames(hosts);
  const own = Map.groupBy(steps, ({ host }) => host);
  const sectionOf = (host: HostName): ChartSection => ({
    title: sectionTitle(nameOf(host)),
    bars: barsOf(own.get(host) ?? []),
  });
  if (hosts.length <= MAX_SECTIONS) return hosts.map(sectionOf);
  const failed = new Set(steps.filter(hasFailed).map(({ host }) => host));
  return [
    { title: `${hosts.length} hosts`, bars: stagesOfFleet(steps) },
    ...[...failed].slice(0, MAX_SECTIONS).map(sectionOf),
  ];
}

/** The steps of a host in order; those with the same title that follow each other are one bar. */
function barsOf(steps: readonly CompletedStep[]): readonly ChartBar[] {
  const bars: ChartBar[] = [];
  for (const step of steps.toSorted((one, other) => one.startMs - other.startMs)) {
    const bar = barOf(step);
    const last = bars.at(-1);
    if (last?.title === bar.title) bars[bars.length - 1] = joinBars(last, bar);
    else bars.push(bar);
  }
  return bars;
}

/** Each stage once, from the first host that begins it to the last one that ends it. */
function stagesOfFleet(steps: readonly CompletedStep[]): readonly ChartBar[] {
  const stages = Map.groupBy(steps.map(barOf), ({ title }) => title);
  return [...stages.values()]
    .flatMap(([first, ...others]) => (first === undefined ? [] : others.reduce(joinBars, first)))
    .toSorted((one, other) => one.start - other.start);
}

function barOf(step: CompletedStep): ChartBar {
  const { stage, undo, metrics, startMs, durationMs } = step;
  const isCanary = metrics !== undefined && stage !== 'bake' && !undo;
  return {
    title: isCanary ? `Canary ${formatPercent(metrics.share)}` : stageTitle(undo ? 'roll-back' : stage),
    start: startMs,
    end: startMs + durationMs,
    failed: hasFailed(step),
    undo,
    isSwitch: stage === 'switch' && metrics === undefined && !undo,
  };
}

const joinBars = (one: ChartBar, other: ChartBar): ChartBar => ({
  ...one,
  start: Math.min(one.start, other.start),
  end: Math.max(one.end, other.end),
  failed: one.failed || other.failed,
});

const isShort = ({ start, end }: ChartBar, total: number): boolean => end - start < total * MIN_PART;
const isVisible = (bar: ChartBar, total: number): boolean =>
  bar.failed || bar.isSwitch || !isShort(bar, total);

/** `Pull 2.1s :done, 0, 2140`. Titles are Sealift's own words. */
function barLine({ title, start, end, failed, undo, isSwitch }: ChartBar): string {
  const name = `${title} ${formatDuration(end - start)}`;
  // A milestone is a diamond: a switch is too short for a bar.
  if (isSwitch && !failed) return `${name} :milestone, ${start}, ${start}`;
  const kind = failed ? 'crit, ' : undo ? 'done, ' : 'active, ';
  return `${name} :${kind}${start}, ${Math.max(end, start + 1)}`;
}

/** Mermaid ends a section's title, or the chart, at some characters, so only harmless ones are left. */
const sectionTitle = (host: string): string =>
  oneLine(host)
    .replace(/[^\p{L}\p{N} ._@/:[\]-]/gu, '')
    .replaceAll(':', ' ')
    .slice(0, 40)
    .trim() || 'host';

const TICKS: readonly (readonly [milliseconds: number, interval: string])[] = [
  ...[100, 500].map((each) => [each, `${each}millisecond`] as const),
  ...[1, 2, 5, 10, 15, 30].map((each) => [each * 1_000, `${each}second`] as const),
  ...[1, 2, 5, 10, 15, 30].map((each) => [each * 60_000, `${each}minute`] as const),
  ...[1, 2, 6, 12, 24].map((each) => [each * 3_600_000, `${each}hour`] as const),
];
/** More ticks would touch each other. */
const MAX_TICKS = 8;

const tickInterval = (end: number): string =>
  TICKS.find(([milliseconds]) => end / milliseconds <= MAX_TICKS)?.[1] ?? '24hour';
