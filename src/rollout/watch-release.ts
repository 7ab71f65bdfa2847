import { formatDuration } from '../model/duration.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import type { Action } from '../plan/actions.ts';
import {
  canaryFigures,
  comparisonText,
  findBreach,
  findBreachAtEnd,
  hasEnoughRequests,
  tooFewRequestsText,
} from './canary-analysis.ts';
import { inspectReplicas } from './containers.ts';
import type { HostContext } from './host-context.ts';
import { type MetricsSampler, openMetricsSampler } from './metrics-sampler.ts';
import { LONG_SILENCE } from './silence.ts';
import { checkStillHealthy, watchReplicas } from './still-healthy.ts';

type WatchAction = Action<'watch-release'>;

/** Milliseconds between two samples of the metrics; a tenth of a short watch. */
const SAMPLE_INTERVAL = 2_000;
const MIN_SAMPLE_INTERVAL = 100;

/**
 * Watches a release for a time: its containers must stay healthy, and its responses within the limits. Ends as soon as one
 * does not hold. A watch lasts longer, for half a minute at most, while requests wait for a release that answers none.
 *
 * @returns what was seen
 * @throws HostError with the numbers; the reason of the job's signal
 */
export async function watchRelease(context: HostContext, action: WatchAction): Promise<string> {
  await using watcher = await watchReplicas(context, action, await inspectReplicas(context, action));
  const end = performance.now() + action.duration;
  const interval = Math.min(SAMPLE_INTERVAL, Math.max(MIN_SAMPLE_INTERVAL, action.duration / 10));
  const sampler = action.limits === undefined ? undefined : await openMetricsSampler(context, action);
  context.waitStatus.limit = action.duration;
  context.waitStatus.look = () => seenSoFar(action, sampler);
  for (;;) {
    const tolerated = await checkStillHealthy(context, watcher, action, 'while it was watched');
    await sampler?.sample(watcher.signal);
    const remaining = end - performance.now();
    const left = Math.max(remaining, Math.min(sampler?.judgedAfter ?? 0, remaining + LONG_SILENCE * 1000));
    checkLimits(context, action, sampler, left <= 0 ? findBreachAtEnd : findBreach);
    if (left <= 0) return [...watchSummary(context, action, sampler), ...tolerated].join('; ');
    await watcher.wait(sampler === undefined ? left : Math.min(left, interval));
  }
}

function seenSoFar({ limits }: WatchAction, sampler: MetricsSampler | undefined): string {
  const comparison = sampler?.comparison;
  return limits === undefined || comparison === undefined ? 'healthy' : comparisonText(comparison, limits);
}

/**
 * Keeps the figures for the report first: they also say why a watch failed.
 * @throws HostError when the responses are beyond the limits
 */
function checkLimits(
  { engine, runState }: HostContext,
  action: WatchAction,
  sampler: MetricsSampler | undefined,
  find: typeof findBreach,
): void {
  if (action.limits === undefined || sampler?.comparison === undefined) return;
  runState.watchResults.set(action, canaryFigures(sampler.comparison, action.limits));
  const breach = find(sampler.comparison, action.limits);
  if (breach !== undefined) throw new HostError(engine.host, `${breach}.`);
}

/** @throws HostError when there are too few requests to judge by, and the limits do not allow that */
function watchSummary(
  { engine: { host } }: HostContext,
  { limits, duration }: WatchAction,
  sampler: MetricsSampler | undefined,
): readonly string[] {
  if (limits === undefined) return [`healthy for ${formatDuration(duration)}`];
  if (sampler === undefined) return ['no edge, so only the containers were watched'];
  const { comparison, lastError: cause, edgeRestarted } = sampler;
  // Without a last sample nothing is known about the end of the watch.
  if (comparison === undefined || cause !== undefined)
    throw new HostError(host, `could not read the edge's metrics: ${messageWithoutHost(host, cause)}`, {
      cause,
    });
  const seen = [
    comparisonText(comparison, limits),
    ...(edgeRestarted ? ['the edge restarted meanwhile, so some requests are not counted'] : []),
  ];
  if (hasEnoughRequests(comparison, limits)) return seen;
  const few = tooFewRequestsText(comparison, limits);
  if (limits.onTooFewRequests === 'fail')
    throw new HostError(
      host,
      `${few}. Watch for longer, or allow it with "${inputSetting('canary-too-few', 'go-on')}".`,
    );
  return [...seen, few];
}
