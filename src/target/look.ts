import { messageOf } from '../model/errors.ts';
import type { Action, Placed } from '../plan/steps.ts';
import { Guard } from './guard.ts';
import { leftInFlight } from './shares.ts';
import type { Work } from './work.ts';

type Look = Extract<Action, { readonly kind: 'look' }>;

/** Milliseconds that all of a release runs, with the requests led to it, before it is accepted. The old one may drain as long. */
const MOMENT = 1_000;

/**
 * The last look before a release is accepted. What answers a health check and falls over mostly does so at once: a moment after
 * the last was moved, everything must run still that was found healthy. A death ends the wait, told by the engine's events.
 *
 * @returns what was seen
 * @throws HostError with how it ended; the reason of the work's signal
 */
export async function lookAgain(work: Work, action: Look): Promise<string> {
  const until = (work.kept.moved ?? performance.now()) + MOMENT;
  const guard = await Guard.over(work, { ...action, when: 'after its check' });
  let drains = action.drain !== undefined;
  const drained = drainMeanwhile({ ...work, signal: guard.signal }, action.drain).finally(() => {
    drains = false;
    guard.bell.ring();
  });
  try {
    for (;;) {
      const left = until - performance.now();
      const over = !drains && (left <= 0 || guard.isThrough);
      const gone = await guard.failures();
      if (over) return [`${guard.size - gone.length} well`, ...(await drained), ...gone].join('; ');
      await guard.bell.rung(left > 0 ? left : undefined);
    }
  } finally {
    await guard.close();
    await drained;
  }
}

/** As far as it gets: what is in flight still, or can't be counted, is waited for once the release is accepted. */
async function drainMeanwhile(work: Work, old: Placed | undefined): Promise<readonly string[]> {
  if (old === undefined) return [];
  try {
    const left = await leftInFlight(work, old, Math.min(MOMENT, work.settings.drainTimeout));
    if (left === undefined) return [];
    if (left > 0) return [`${left} still in flight on ${old.release}`];
    work.kept.drained.add(old.release);
    return [`nothing in flight on ${old.release}`];
  } catch (error) {
    work.log.debug(messageOf(error));
    return [];
  }
}
