import type { Engine } from '../engine/engine.ts';
import type { AppEnvironment } from '../model/app-environment.ts';
import { formatDuration } from '../model/duration.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Initiator } from '../model/initiator.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Log } from '../model/log.ts';
import { thisJob } from '../model/place-words.ts';
import { formatMinute } from '../model/time.ts';
import type { WaitNote } from '../plan/outcome.ts';
import { pause } from '../run/pause.ts';
import { allOrThrow } from '../run/promises.ts';
import { HostLock, type LockClaim } from './host-lock.ts';
import { breakLock, type HeldLock } from './lock-container.ts';
import { everyTenSeconds, reportWait } from './wait-status.ts';

export interface LockOptions extends LockClaim {
  /** Milliseconds to wait for other runs. */
  readonly timeout: number;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Whether GitHub says that a run is over; asked only about one that gives no sign of life. */
  readonly hasEnded: (owner: Initiator) => boolean;
  /** Called every ten seconds of a wait. */
  readonly onWait: (host: HostName, note: WaitNote) => void;
}

/** The locks of an app and environment on all of its hosts, as long as their scope lasts. */
export class FleetLock implements AsyncDisposable {
  readonly #locks: ReadonlyMap<HostName, HostLock>;

  constructor(locks: ReadonlyMap<HostName, HostLock>) {
    this.#locks = locks;
  }

  /** The container that is the lock of a host; `undefined` in a dry run. */
  containerOn(host: HostName): string | undefined {
    return this.#locks.get(host)?.containerId;
  }

  /** To be called before each change of a host. @throws HostError if another run may have its lock now */
  assertHeld(host: HostName): void {
    this.#locks.get(host)?.assertHeld();
  }

  /** Aborted when another run has taken the lock of a host; the reason is the HostError. `undefined`: it is not locked. */
  lost(host: HostName): AbortSignal | undefined {
    return this.#locks.get(host)?.lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await allOrThrow([...this.#locks.values()].map((lock) => lock[Symbol.asyncDispose]()));
  }
}

/**
 * Locks all hosts with one call each, which waits for nothing and prepares nothing.
 * @returns `undefined` if one of them could not be locked; then none is
 */
export async function lockFleetAtOnce(
  engines: readonly Engine[],
  appEnvironment: AppEnvironment,
  claim: LockClaim,
): Promise<FleetLock | undefined> {
  const tried = await Promise.allSettled(
    engines.map((engine) => HostLock.acquireAtOnce(engine, appEnvironment, claim)),
  );
  const locks = new Map<HostName, HostLock>();
  for (const [index, { host }] of engines.entries()) {
    const result = tried[index];
    if (result?.status === 'fulfilled' && result.value !== undefined) locks.set(host, result.value);
  }
  const lock = new FleetLock(locks);
  if (locks.size === engines.length) return lock;
  await lock[Symbol.asyncDispose]();
  return undefined;
}

/**
 * Locks all hosts, so that no other run changes the app and environment there. It tries them at once; if others hold some, it
 * locks one after the other in the order of their names, in which every run does it: so two runs never wait for each other.
 * @throws HostError that names the run that holds a lock when the time is over; ConfigurationError if two hosts are one engine
 */
export async function lockFleet(
  engines: readonly Engine[],
  appEnvironment: AppEnvironment,
  options: LockOptions,
): Promise<FleetLock> {
  const tried = await Promise.allSettled(
    engines.map((engine) => HostLock.tryAcquire(engine, appEnvironment, options)),
  );
  const locks = new Map<HostName, HostLock>();
  for (const [index, { host }] of engines.entries()) {
    const result = tried[index];
    if (result?.status === 'fulfilled' && result.value instanceof HostLock) locks.set(host, result.value);
  }
  const lock = new FleetLock(locks);
  if (locks.size === engines.length) return lock;
  await lock[Symbol.asyncDispose]();
  const failed = tried.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return lockInOrder(engines, appEnvironment, options);
}

/**
 * The locks of a run that was killed, taken up again: its own, as long as it has them, and those of hosts that it had not locked yet.
 * @param containerOf the lock that the run had on a host
 * @returns `undefined` if another run holds one of them now; then none stays
 */
export async function resumeFleetLock(
  engines: readonly Engine[],
  appEnvironment: AppEnvironment,
  claim: LockClaim,
  containerOf: (host: HostName) => string | undefined,
): Promise<FleetLock | undefined> {
  const locks = new Map<HostName, HostLock>();
  const lock = new FleetLock(locks);
  const results = await Promise.allSettled(
    engines.map(async (engine) => {
      const result = await HostLock.resume(engine, appEnvironment, claim, containerOf(engine.host));
      if (result instanceof HostLock) locks.set(engine.host, result);
    }),
  );
  if (locks.size === engines.length) return lock;
  await lock[Symbol.asyncDispose]();
  const failed = results.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return undefined;
}

async function lockInOrder(
  engines: readonly Engine[],
  appEnvironment: AppEnvironment,
  options: LockOptions,
): Promise<FleetLock> {
  const locks = new Map<HostName, HostLock>();
  const lock = new FleetLock(locks);
  const end = performance.now() + options.timeout;
  try {
    for (const engine of engines.toSorted((one, other) => (one.host < other.host ? -1 : 1)))
      locks.set(engine.host, await waitForLock(engine, appEnvironment, end, locks, options));
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  return lock;
}

/** Milliseconds between two tries. */
const RETRY_INTERVAL = 1_000;

async function waitForLock(
  engine: Engine,
  appEnvironment: AppEnvironment,
  end: number,
  held: ReadonlyMap<HostName, HostLock>,
  options: LockOptions,
): Promise<HostLock> {
  const { timeout, log, signal, onWait } = options;
  let holder: HeldLock | undefined;
  using _notes = reportWait(
    { limit: timeout, look: () => holder && holderText(holder) },
    (note) => onWait(engine.host, note),
    everyTenSeconds,
  );
  for (;;) {
    const lock = await HostLock.tryAcquire(engine, appEnvironment, options);
    if (lock instanceof HostLock) return lock;
    const [same] = [...held].find(([, { containerId }]) => containerId === lock.containerId) ?? [];
    if (same !== undefined)
      throw new ConfigurationError(
        `hosts: ${same} and ${engine.host} are the same Docker engine. Remove one of them.`,
      );
    const over = lockEnd(lock, options.hasEnded);
    if (over !== undefined) {
      log.info(`${engine.host}: the lock of ${holderText(lock)} ${over}. It is removed.`);
      await breakLock(engine, lock);
      continue;
    }
    if (performance.now() >= end) throw lockTimeoutError(engine, lock, timeout);
    if (holder?.containerId !== lock.containerId)
      log.info(`${engine.host}: waiting for ${holderText(lock)}.`);
    holder = lock;
    await pause(RETRY_INTERVAL, signal);
  }
}

/**
 * Why nobody has a lock any more; `undefined`: somebody has it. GitHub's word alone is not enough: it takes a run for completed that a
 * lost runner goes on with.
 */
export function lockEnd(
  { isExpired, isOverdue, owner }: Pick<HeldLock, 'isExpired' | 'isOverdue' | 'owner'>,
  hasEnded: LockOptions['hasEnded'],
): string | undefined {
  if (isExpired) return 'has expired: that run has ended';
  return isOverdue && hasEnded(owner)
    ? 'gives no sign of life, and GitHub says that this run has ended'
    : undefined;
}

/** Who has a lock, and since when. */
export const holderText = ({ owner, since }: Pick<HeldLock, 'owner' | 'since'>): string =>
  `a run${owner.actor === undefined ? '' : ` of ${owner.actor}`}, which has locked it since ${formatMinute(since)} UTC${owner.runUrl === undefined ? '' : ` (${owner.runUrl})`}`;

const lockTimeoutError = ({ host }: Engine, lock: HeldLock, timeout: number): HostError =>
  new HostError(
    host,
    `${inputRef('lock-timeout')}: after ${formatDuration(timeout)} it is still locked by ${holderText(lock)}. Wait until that run has ended, or cancel it; then run ${thisJob()} again.`,
  );
