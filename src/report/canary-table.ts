import { formatDuration } from '../model/duration.ts';
import { formatPercent } from '../model/percent.ts';
import type { RequestStats } from '../plan/outcome.ts';
import { codeSpan, markdownTable } from './markdown.ts';
import type { DeploymentReport } from './report.ts';
import type { StepMetrics, StepReport } from './step-report.ts';
import { hasFailed } from './steps.ts';

type WatchStep = StepReport & { readonly metrics: StepMetrics };

/**
 * What the new release and its baseline answered in the same time, at each share of the visitors. Hosts are summed, except
 * those that failed. Empty when nothing was compared. Pure.
 */
export function canaryTable({ steps }: Pick<DeploymentReport, 'steps'>): string {
  const rows = new Map<string, WatchStep[]>();
  for (const step of steps) {
    const { metrics } = step;
    if (metrics === undefined) continue;
    const share = step.stage === 'bake' ? '100% (bake)' : formatPercent(metrics.share);
    // In a sum the figures that broke a limit would not show.
    const title = hasFailed(step) ? `${share} on ${codeSpan(step.host)}` : share;
    rows.set(title, [...(rows.get(title) ?? []), { ...step, metrics }]);
  }
  if (rows.size === 0) return '';
  return markdownTable(
    ['Share', 'Requests, new / old', '5xx, new / old', 'Latency, new / old', 'Result'],
    [...rows].map(([title, row]) => {
      const release = sumOf(row.map(({ metrics }) => metrics.release));
      const baseline = sumOf(row.flatMap(({ metrics }) => metrics.baseline ?? []));
      const both = (text: (stats: RequestStats) => string): string => `${text(release)} / ${text(baseline)}`;
      return [title, both(requestsText), both(errorRateText), both(latencyText), resultText(row)];
    }),
  );
}

function resultText(row: readonly WatchStep[]): string {
  if (row.some(hasFailed)) return '**✗**';
  const tooFew = row.filter(({ metrics }) => metrics.tooFewRequests).length;
  if (tooFew > 0) return `too few requests${tooFew === row.length ? '' : ` on ${tooFew} of ${row.length}`}`;
  if (row.some(({ aborted }) => aborted)) return 'aborted';
  return row.some(({ metrics }) => metrics.inconclusive) ? '✓ (errors may be chance)' : '✓';
}

/** The figures of several hosts as one; the latency is the mean of all requests. */
function sumOf(all: readonly RequestStats[]): RequestStats {
  const sum = (figure: (stats: RequestStats) => number): number =>
    all.reduce((total, stats) => total + figure(stats), 0);
  const timed = sum(({ requests, latencyMs }) => (latencyMs === undefined ? 0 : requests));
  return {
    requests: sum(({ requests }) => requests),
    errors: sum(({ errors }) => errors),
    latencyMs: timed === 0 ? undefined : sum(({ requests, latencyMs = 0 }) => latencyMs * requests) / timed,
  };
}

const requestsText = ({ requests }: RequestStats): string => requests.toLocaleString('en-US');
const errorRateText = ({ requests, errors }: RequestStats): string =>
  requests === 0 ? '–' : formatPercent(errors / requests);
const latencyText = ({ latencyMs }: RequestStats): string => {
  if (latencyMs === undefined) return '–';
  return latencyMs < 10 ? `${Number(latencyMs.toFixed(1))}ms` : formatDuration(latencyMs);
};
