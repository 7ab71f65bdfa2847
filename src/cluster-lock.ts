import type { ActionContext } from './action-context.ts';
import {
  ClusterLock,
  type ClusterLockClaim,
  type ClusterLockPlace,
  type HeldClusterLock,
} from './cluster/cluster-lock.ts';
import { type LockWait, lockClaim, ownerRuns } from './lock.ts';
import { formatDuration } from './model/duration.ts';
import { HostError } from './model/errors.ts';
import type { Initiator } from './model/initiator.ts';
import { inputRef } from './model/input-ref.ts';
import { thisJob } from './model/place-words.ts';
import { waitLine } from './report/log-lines.ts';
import { holderText, type LockOptions, lockEnd } from './rollout/fleet-lock.ts';
import { everyTenSeconds, reportWait } from './rollout/wait-status.ts';
import { pause as pauseInRealTime } from './run/pause.ts';
import type { Pause } from './run/retry.ts';

/** Milliseconds between two tries. */
const TRY_INTERVAL = 1_000;
/** Tries in a row in which the name is taken, and there is no lock: nothing but a foreign object explains it. */
const MOST_BLIND_TRIES = 5;

/**
 * Locks an app in a cluster until the end of the scope: no other run of Sealift changes it there meanwhile.
 * @param wait how to wait for another run; `undefined` in a dry run, which changes nothing and locks nothing
 * @throws HostError that names the run which still has the lock when the time is over
 */
export async function lockCluster(
  { lockPlace }: { readonly lockPlace: ClusterLockPlace },
  wait: LockWait | undefined,
  context: ActionContext,
): Promise<ClusterLock | undefined> {
  if (wait === undefined) return undefined;
  using runs = ownerRuns(wait, context);
  const options = { ...context, hasEnded: (owner: Initiator) => runs.hasEnded(owner) };
  return await waitForClusterLock(lockPlace, lockClaim(context), wait.timeout, options);
}

/** The same for a lock that somebody waits for. */
export async function waitForClusterLock(
  place: ClusterLockPlace,
  claim: ClusterLockClaim,
  timeout: number,
  { log, signal, hasEnded }: Pick<LockOptions, 'log' | 'signal' | 'hasEnded'>,
  pause: Pause = pauseInRealTime,
): Promise<ClusterLock> {
  const { host } = place;
  const end = performance.now() + timeout;
  let known: HeldClusterLock | undefined;
  let expired: string | undefined;
  using _notes = reportWait(
    { limit: timeout, look: () => known && holderText(known) },
    (note) => log.info(waitLine(`${host}: lock`, note)),
    everyTenSeconds,
  );
  for (let blind = 0; ; ) {
    const lock = await ClusterLock.tryTake(place, claim);
    if (lock !== undefined) return lock;
    const held = await place.read();
    blind = held === undefined ? blind + 1 : 0;
    if (blind === MOST_BLIND_TRIES) throw foreignObjectError(place);
    const former = known;
    known = held;
    const over = held && lockEnd(held, hasEnded);
    if (held !== undefined && over !== undefined) {
      const isNew = held.id !== expired;
      expired = held.id;
      if (isNew) log.info(`${host}: the lock of ${holderText(held)} ${over}. It is removed.`);
      await place.removeExpired(held);
      if (isNew) continue;
    } else if (held !== undefined) {
      if (performance.now() >= end) throw clusterLockTimeoutError(place, held, timeout);
      if (held.id !== former?.id) log.info(`${host}: waiting for ${holderText(held)}.`);
    }
    await pause(TRY_INTERVAL, signal);
  }
}

const clusterLockTimeoutError = (
  { host, expiry }: ClusterLockPlace,
  held: HeldClusterLock,
  timeout: number,
): HostError =>
  new HostError(
    host,
    `${inputRef('lock-timeout')}: after ${formatDuration(timeout)} it is still locked by ${holderText(held)}. Wait until that run has ended, or cancel it; then run ${thisJob()} again. If that run was killed, its lock ends ${expiry / 1000} s after its last sign of life.`,
  );

const foreignObjectError = ({ host, name }: ClusterLockPlace): HostError =>
  new HostError(
    host,
    `something that Sealift did not make has the name of the lock: ${name}. Rename or remove it.`,
  );
