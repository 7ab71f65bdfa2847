import { messageOf } from '../model/errors.ts';
import type { Action, ReleaseInSlot } from '../plan/actions.ts';
import { FINAL_CHECK_TIME } from './begun-drain.ts';
import { healthyText } from './container-health.ts';
import { inspectReplicas } from './containers.ts';
import { waitForDrain } from './drain-release.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { requireProxiesListen, requireProxiesRun } from './own-proxies.ts';
import { requirePublishedAnswers } from './published-answers.ts';
import { requireRouteAnswers } from './route-answers.ts';
import { checkStillHealthy, watchReplicas } from './still-healthy.ts';

const WHEN = 'after its check';

/**
 * The last check before a release is accepted. An app that passes its health check and then crashes mostly does so at once:
 * `FINAL_CHECK_TIME` after the last change, everything that was healthy must still run. Every route must have answered the
 * edge, and every port that a service publishes itself must answer in its own protocol.
 *
 * @returns what was seen
 * @throws HostError with how a container ended; the reason of the job's signal
 */
export async function runFinalCheck(context: HostContext, action: Action<'final-check'>): Promise<string> {
  const release = releaseById(context, action.release);
  await using drain = startDrain(context, action.drain);
  const replicas = await inspectReplicas(context, action);
  await Promise.all([
    requireRouteAnswers(context, action, replicas),
    requirePublishedAnswers(context, action, replicas),
    requireProxiesListen(context, release),
  ]);
  const end = (context.runState.lastChangeAt ?? performance.now()) + FINAL_CHECK_TIME;
  await using watcher = await watchReplicas(context, action, replicas);
  const { containers, signal } = watcher;
  // What has done its work can't fail any more.
  const allCompleted = containers.every(
    ({ subject }) => subject.ending !== 'never' && subject.container.state === 'exited',
  );
  let drained: readonly string[] | undefined;
  const drainSeen = drain.seen.then((seen) => {
    drained = seen;
    watcher.notify();
  });
  // The signal of the watcher ends the drain, whatever it waits for.
  signal.addEventListener('abort', drain.stop);
  watcher.awaitAtEnd(drainSeen);
  await checkStillHealthy(context, watcher, action, WHEN, replicas);
  for (;;) {
    const left = allCompleted ? 0 : end - performance.now();
    const seen = left <= 0 ? drained : undefined;
    if (seen === undefined) {
      await watcher.wait(left > 0 ? left : undefined);
      if (!watcher.takeAlarm() && !signal.aborted) continue;
    }
    const tolerated = await checkStillHealthy(context, watcher, action, WHEN);
    if (seen !== undefined) {
      // One that can't start may run for an instant each time that it is started again.
      await requireProxiesRun(context, release);
      const now = containers.map(({ subject }) => subject.container);
      return [healthyText(containers.length - tolerated.length, now), ...seen, ...tolerated].join('; ');
    }
  }
}

/** The drain of the old release, which begins at once; the end of its scope ends it. */
interface Drain extends AsyncDisposable {
  /** Never rejects. */
  readonly seen: Promise<readonly string[]>;
  readonly stop: () => void;
}

function startDrain(context: HostContext, old: ReleaseInSlot | undefined): Drain {
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const seen = drainOldRelease({ ...context, signal }, old);
  return {
    seen,
    stop,
    async [Symbol.asyncDispose]() {
      stop();
      await seen;
    },
  };
}

/** Never rejects: what is still in flight, or can't be counted, is drained after the release is accepted. */
async function drainOldRelease(
  context: HostContext,
  old: ReleaseInSlot | undefined,
): Promise<readonly string[]> {
  if (old === undefined) return [];
  try {
    const left = await waitForDrain(context, old, Math.min(FINAL_CHECK_TIME, context.settings.drainTimeout));
    if (left === undefined) return [];
    if (left > 0) return [`${left} still in flight on ${old.release}`];
    context.runState.drainedReleases.add(old.release);
    return [`nothing in flight on ${old.release}`];
  } catch (error) {
    context.log.debug(messageOf(error));
    return [];
  }
}
