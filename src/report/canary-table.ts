import { formatDuration } from '../model/duration.ts';
import { formatPercent } from '../model/percent.ts';
import type { RequestStats } from '../plan/outcome.ts';
import { codeSpan, markdownTable } from './markdown.ts';
import type { Report, StepMetrics, StepReport } from './report.ts';

/**
 * What a release answered at each share of the visitors, beside what it was compared with at the same time; all hosts
 * together, but for those that failed. Empty when none was judged. Pure.
 */
export function canaryTable({ steps }: Pick<Report, 'steps'>): string {
  const rows = new Map<string, (StepReport & { readonly judged: StepMetrics })[]>();
  for (const step of steps) {
    const { judged } = step;
    if (judged === undefined) continue;
    const share = step.stage === 'bake' ? '100% (bake)' : formatPercent(judged.share);
    // Numbers that break a limit must not be lost among those of the others.
    const title = isFailedStep(step) ? `${share} on ${codeSpan(step.host)}` : share;
    rows.set(title, [...(rows.get(title) ?? []), { ...step, judged }]);
  }
  if (rows.size === 0) return '';
  return markdownTable(
    ['Share', 'Requests, new / old', '5xx, new / old', 'Latency, new / old', ''],
    [...rows].map(([title, same]) => {
      const own = sumFigures(same.map(({ judged }) => judged.own));
      const other = sumFigures(same.flatMap(({ judged }) => judged.other ?? []));
      const both = (what: (figures: RequestStats) => string): string => `${what(own)} / ${what(other)}`;
      return [title, both(requestsText), both(errorRateText), both(latencyText), canaryMark(same)];
    }),
  );
}

const isFailedStep = ({ ok, ended }: StepReport): boolean => ok === false && ended !== true;

function canaryMark(steps: readonly (StepReport & { readonly judged: StepMetrics })[]): string {
  if (steps.some(isFailedStep)) return '**✗**';
  const tooFew = steps.filter(({ judged }) => judged.few === true).length;
  if (tooFew > 0)
    return tooFew === steps.length ? 'too few to judge' : `too few to judge on ${tooFew} of ${steps.length}`;
  if (steps.some(({ ended }) => ended === true)) return 'cut short';
  return steps.some(({ judged }) => judged.unsure === true) ? '✓ (errors may be chance)' : '✓';
}

/** The figures of several hosts as one; latency is the mean of all requests. */
function sumFigures(all: readonly RequestStats[]): RequestStats {
  const sum = (what: (figures: RequestStats) => number): number =>
    all.reduce((total, figures) => total + what(figures), 0);
  const timed = all.filter(({ latency: time }) => time !== undefined);
  const count = timed.reduce((total, figures) => total + figures.requests, 0);
  const time = timed.reduce((total, figures) => total + (figures.latency ?? 0) * figures.requests, 0);
  return {
    requests: sum((figures) => figures.requests),
    errors: sum((figures) => figures.errors),
    latency: count === 0 ? undefined : time / count,
  };
}

const requestsText = (figures: RequestStats): string => figures.requests.toLocaleString('en-US');
const errorRateText = (figures: RequestStats): string =>
  figures.requests === 0 ? '–' : formatPercent(figures.errors / figures.requests);
const latencyText = ({ latency: time }: RequestStats): string => {
  if (time === undefined) return '–';
  return time < 10 ? `${Number(time.toFixed(1))}ms` : formatDuration(time);
};
