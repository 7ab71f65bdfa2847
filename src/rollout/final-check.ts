import { messageOf } from '../model/errors.ts';
import type { Action, ReleaseInSlot } from '../plan/steps.ts';
import { ContainerWatcher } from './container-watcher.ts';
import type { HostContext } from './host-context.ts';
import { waitForDrain } from './traffic-actions.ts';

type FinalCheckAction = Extract<Action, { readonly kind: 'final-check' }>;

/** Milliseconds that all of a release runs, with the requests led to it, before it is accepted. The old one may drain as long. */
const FINAL_CHECK_TIME = 1_000;

/**
 * The last look before a release is accepted. What answers a health check and falls over mostly does so at once: a moment after
 * the last was moved, everything must run still that was found healthy. A death ends the wait, told by the engine's events.
 *
 * @returns what was seen
 * @throws HostError with how it ended; the reason of the work's signal
 */
export async function runFinalCheck(context: HostContext, action: FinalCheckAction): Promise<string> {
  const until = (context.runState.lastChangeAt ?? performance.now()) + FINAL_CHECK_TIME;
  const watcher = await ContainerWatcher.start(context, { ...action, whenText: 'after its check' });
  let drains = action.drain !== undefined;
  const drained = drainDuringFinalCheck({ ...context, signal: watcher.signal }, action.drain).finally(() => {
    drains = false;
    watcher.notifier.notify();
  });
  try {
    for (;;) {
      const left = until - performance.now();
      const done = !drains && (left <= 0 || watcher.allCompleted);
      const tolerated = await watcher.checkContainers();
      if (done)
        return [`${watcher.size - tolerated.length} well`, ...(await drained), ...tolerated].join('; ');
      await watcher.notifier.wait(left > 0 ? left : undefined);
    }
  } finally {
    await watcher.close();
    await drained;
  }
}

/** As far as it gets: what is in flight still, or can't be counted, is waited for once the release is accepted. */
async function drainDuringFinalCheck(
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
