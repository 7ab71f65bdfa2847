import { messageOf } from '../model/errors.ts';
import type { Action, ReleaseInSlot } from '../plan/actions.ts';
import type { ContainerWatcher } from './container-watcher.ts';
import type { HostContext } from './host-context.ts';
import { checkStillHealthy, watchReplicas } from './still-healthy.ts';
import { waitForDrain } from './traffic-actions.ts';

/** Milliseconds that the complete release runs with all its traffic before it is accepted. The old one drains meanwhile. */
const FINAL_CHECK_TIME = 1_000;

/**
 * The last check before a release is accepted. An app that passes its health check and then crashes mostly does so at once:
 * `FINAL_CHECK_TIME` after the last change, everything that was healthy must still run.
 *
 * @returns what was seen
 * @throws HostError with how a container ended; the reason of the job's signal
 */
export async function runFinalCheck(context: HostContext, action: Action<'final-check'>): Promise<string> {
  const end = (context.runState.lastChangeAt ?? performance.now()) + FINAL_CHECK_TIME;
  await using watcher = await watchReplicas(context, action);
  await using drain = startDrain(context, action.drain, watcher);
  const { containers } = watcher;
  // Completed one-shot containers can't fail any more.
  const allCompleted = containers.every(
    ({ subject }) => subject.oneShot && subject.container.state === 'exited',
  );
  for (;;) {
    const left = end - performance.now();
    const drained = left <= 0 || allCompleted ? drain.result : undefined;
    const tolerated = await checkStillHealthy(context, watcher, action, 'after its check');
    if (drained !== undefined)
      return [`${containers.length - tolerated.length} healthy`, ...drained, ...tolerated].join('; ');
    await watcher.wait(left > 0 ? left : undefined);
  }
}

/** What was seen of a drain, once it has ended. The drain stops at the end of the scope. */
interface BackgroundDrain extends AsyncDisposable {
  result: readonly string[] | undefined;
}

function startDrain(
  context: HostContext,
  old: ReleaseInSlot | undefined,
  watcher: ContainerWatcher,
): BackgroundDrain {
  const scope = new AbortController();
  const signal = AbortSignal.any([watcher.signal, scope.signal]);
  const drained = drainOldRelease({ ...context, signal }, old).then((result) => {
    drain.result = result;
    watcher.notify();
  });
  const drain: BackgroundDrain = {
    result: old === undefined ? [] : undefined,
    async [Symbol.asyncDispose]() {
      scope.abort();
      await drained;
    },
  };
  return drain;
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
