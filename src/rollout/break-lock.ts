import type { Engine } from '../engine/engine.ts';
import type { AppEnvironment } from '../model/app-environment.ts';
import { pause } from '../run/pause.ts';
import { HostLock, type LockClaim } from './host-lock.ts';
import { LEASE_DURATION } from './lease.ts';
import { breakLock, type HeldLock, readLock } from './lock-container.ts';

/**
 * Takes the lock of a host away from the run that has it. If that run may still work, the host stays locked until it must have noticed, so
 * that it changes nothing while the next one does.
 * @returns the lock that was there
 */
export async function breakHostLock(
  engine: Engine,
  appEnvironment: AppEnvironment,
  claim: LockClaim,
  signal: AbortSignal,
): Promise<HeldLock | undefined> {
  const held = await readLock(engine, appEnvironment);
  if (held === undefined) return undefined;
  await breakLock(engine, held);
  if (held.isExpired) return held;
  const own = await HostLock.tryAcquire(engine, appEnvironment, claim);
  // One that waited for it was faster: it keeps the former owner out as well.
  if (!(own instanceof HostLock)) return held;
  await using _own = own;
  await pause(LEASE_DURATION, signal);
  return held;
}
