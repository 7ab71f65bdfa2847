import { formatDuration } from '../model/duration.ts';
import { formatShare } from '../model/share.ts';
import type { Figures } from '../plan/outcome.ts';
import { code, table } from './markdown.ts';
import type { Judged, Report, StepReport } from './report.ts';

/**
 * What a release answered at each share of the visitors, beside what it was compared with at the same time; all hosts
 * together, but for those that failed. Empty when none was judged. Pure.
 */
export function sharesOf({ steps }: Pick<Report, 'steps'>): string {
  const rows = new Map<string, (StepReport & { readonly judged: Judged })[]>();
  for (const step of steps) {
    const { judged } = step;
    if (judged === undefined) continue;
    const share = step.stage === 'bake' ? '100% (bake)' : formatShare(judged.share);
    // Numbers that break a limit must not be lost among those of the others.
    const title = failed(step) ? `${share} on ${code(step.host)}` : share;
    rows.set(title, [...(rows.get(title) ?? []), { ...step, judged }]);
  }
  if (rows.size === 0) return '';
  return table(
    ['Share', 'Requests, new / old', '5xx, new / old', 'Latency, new / old', ''],
    [...rows].map(([title, same]) => {
      const own = summed(same.map(({ judged }) => judged.own));
      const other = summed(same.flatMap(({ judged }) => judged.other ?? []));
      const both = (what: (figures: Figures) => string): string => `${what(own)} / ${what(other)}`;
      return [title, both(requests), both(errors), both(latency), markOf(same)];
    }),
  );
}

const failed = ({ ok, ended }: StepReport): boolean => ok === false && ended !== true;

function markOf(steps: readonly (StepReport & { readonly judged: Judged })[]): string {
  if (steps.some(failed)) return '**✗**';
  const few = steps.filter(({ judged }) => judged.few === true).length;
  if (few > 0)
    return few === steps.length ? 'too few to judge' : `too few to judge on ${few} of ${steps.length}`;
  if (steps.some(({ ended }) => ended === true)) return 'cut short';
  return steps.some(({ judged }) => judged.unsure === true) ? '✓ (errors may be chance)' : '✓';
}

/** The figures of several hosts as one; latency is the mean of all requests. */
function summed(all: readonly Figures[]): Figures {
  const sum = (what: (figures: Figures) => number): number =>
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

const requests = (figures: Figures): string => figures.requests.toLocaleString('en-US');
const errors = (figures: Figures): string =>
  figures.requests === 0 ? '–' : formatShare(figures.errors / figures.requests);
const latency = ({ latency: time }: Figures): string => {
  if (time === undefined) return '–';
  return time < 10 ? `${Number(time.toFixed(1))}ms` : formatDuration(time);
};
