import { formatDuration } from '../model/duration.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import type { Action } from '../plan/steps.ts';
import {
  canaryFigures,
  comparisonText,
  findBreach,
  hasEnoughRequests,
  tooFewRequestsText,
} from './canary-analysis.ts';
import { ContainerWatcher } from './container-watcher.ts';
import type { HostContext } from './host-context.ts';
import { type MetricsSampler, openMetricsSampler } from './metrics-sampler.ts';

export type WatchAction = Extract<Action, { readonly kind: 'watch-release' }>;

/** Milliseconds between two looks at what is answered; in a short watch a tenth of its time. */
const SAMPLE_INTERVAL = 2_000;
const MIN_SAMPLE_INTERVAL = 100;

/**
 * Watches a release for a time: that its containers stay up and healthy, and that what it answers is within the limits.
 * Ends as soon as something is wrong: a death is told by the engine's events, answers are looked at every other second.
 *
 * @returns what was seen
 * @throws HostError with the numbers; the reason of the work's signal
 */
export async function watchRelease(context: HostContext, action: WatchAction): Promise<string> {
  const watcher = await ContainerWatcher.start(context, { ...action, whenText: 'while it was watched' });
  const end = performance.now() + action.duration;
  try {
    const sampler = action.limits === undefined ? undefined : await openMetricsSampler(context, action);
    for (;;) {
      const tolerated = await watcher.checkContainers();
      await sampler?.sample(watcher.signal);
      recordFigures(context, action, sampler);
      checkLimits(context, action, sampler);
      const left = end - performance.now();
      if (left <= 0) return [...watchSummary(context, action, sampler), ...tolerated].join('; ');
      await watcher.notifier.wait(Math.min(left, sampler === undefined ? left : sampleInterval(action)));
    }
  } finally {
    await watcher.close();
  }
}

const sampleInterval = (action: WatchAction): number =>
  Math.min(SAMPLE_INTERVAL, Math.max(MIN_SAMPLE_INTERVAL, action.duration / 10));

/** Keeps the figures for the report, also for when they are why it fails. */
function recordFigures(context: HostContext, action: WatchAction, sampler: MetricsSampler | undefined): void {
  if (action.limits === undefined || sampler?.comparison === undefined) return;
  context.runState.watchResults.set(action, canaryFigures(sampler.comparison, action.limits));
}

/** @throws HostError when what the release answers is beyond the limits */
function checkLimits(
  context: HostContext,
  { limits }: WatchAction,
  sampler: MetricsSampler | undefined,
): void {
  if (limits === undefined || sampler?.comparison === undefined) return;
  const breach = findBreach(sampler.comparison, limits);
  if (breach !== undefined) throw new HostError(context.engine.host, `${breach}.`);
}

/** @throws HostError when there is too little to judge by, and that is not to be put up with */
function watchSummary(
  context: HostContext,
  action: WatchAction,
  sampler: MetricsSampler | undefined,
): readonly string[] {
  const { limits } = action;
  if (limits === undefined) return [`well for ${formatDuration(action.duration)}`];
  if (sampler === undefined) return ['no edge, so only the containers were watched'];
  const { comparison } = sampler;
  // Numbers that end before the time does say nothing about its end.
  if (comparison === undefined || sampler.lastError !== undefined) {
    throw new HostError(
      context.engine.host,
      `the edge did not say what it answers: ${messageWithoutHost(context.engine.host, sampler.lastError)}`,
      { cause: sampler.lastError },
    );
  }
  const seen = [
    comparisonText(comparison, limits),
    ...(sampler.edgeRestarted ? ['the edge was started anew meanwhile, and a moment is not counted'] : []),
  ];
  if (hasEnoughRequests(comparison, limits)) return seen;
  const few = tooFewRequestsText(comparison, limits);
  if (limits.onTooFewRequests === 'fail') {
    throw new HostError(
      context.engine.host,
      `${few}. Watch longer, or let it go on with "canary-too-few: go-on".`,
    );
  }
  return [...seen, few];
}
