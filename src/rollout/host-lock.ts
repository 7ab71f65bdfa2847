import type { Engine } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import type { AppEnvironment } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Initiator } from '../model/initiator.ts';
import { pause } from '../run/pause.ts';
import { LEASE_DURATION, RENEWAL_INTERVAL, readLeaseOnce, writeLease } from './lease.ts';
import {
  createLock,
  createLockAtOnce,
  type HeldLock,
  lockName,
  readLock,
  UNLEASED_DURATION,
} from './lock-container.ts';

/** How a run takes locks. */
export interface LockClaim {
  readonly owner: Initiator;
  /** Called when it has a lock, with its container, and with `undefined` when it has none any more. */
  readonly remember: (host: HostName, containerId: string | undefined) => void;
}

/** Between two of them a lock may be released and taken by another run: so often in a row, nothing but a foreign container explains it. */
const ACQUIRE_ATTEMPTS = 50;

/** The lock of one host, as long as its scope lasts. It is renewed meanwhile. */
export class HostLock implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #appEnvironment: AppEnvironment;
  readonly #claim: LockClaim;
  readonly #timer: NodeJS.Timeout;
  #containerId: string;
  /** Until when this run counts on the lock, by `performance.now()`. */
  #heldUntil: number;
  /** Until when other runs find it held. */
  #leasedUntil: number;
  /** The one that is on its way. An engine that hangs must not have one after the other to do. */
  #renewal: Promise<void> | undefined;
  #isEnded = false;
  /** Aborted with the HostError when another run may have the lock. */
  readonly #loss = new AbortController();

  private constructor(
    engine: Engine,
    appEnvironment: AppEnvironment,
    claim: LockClaim,
    containerId: string,
    heldUntil: number,
  ) {
    this.#engine = engine;
    this.#appEnvironment = appEnvironment;
    this.#claim = claim;
    this.#containerId = containerId;
    this.#heldUntil = heldUntil;
    this.#leasedUntil = heldUntil;
    claim.remember(engine.host, containerId);
    // Nobody waits for the first lease.
    this.#renew();
    this.#timer = setInterval(() => this.#renew(), RENEWAL_INTERVAL).unref();
  }

  /**
   * Locks a host, or answers who has locked it. Does not wait for others.
   * @throws HostError if a container that is no lock has its name
   */
  static async tryAcquire(
    engine: Engine,
    appEnvironment: AppEnvironment,
    claim: LockClaim,
  ): Promise<HostLock | HeldLock> {
    for (let attempt = 1; attempt <= ACQUIRE_ATTEMPTS; attempt += 1) {
      const askedAt = performance.now();
      const id = await createLock(engine, appEnvironment, claim.owner);
      if (id !== undefined) return new HostLock(engine, appEnvironment, claim, id, unleasedEnd(askedAt));
      const held = await readLock(engine, appEnvironment);
      if (held !== undefined) return held;
      // It was released in between.
    }
    throw new HostError(
      engine.host,
      `a container that Sealift did not make has the name ${lockName(appEnvironment)}, which the lock needs. Rename or remove it (docker rename, docker rm).`,
    );
  }

  /**
   * Locks a host with one call, or leaves it: another run may have locked it, or the host may lack what a lock is made of.
   * @returns `undefined` if it is not locked now
   */
  static async acquireAtOnce(
    engine: Engine,
    appEnvironment: AppEnvironment,
    claim: LockClaim,
  ): Promise<HostLock | undefined> {
    try {
      const askedAt = performance.now();
      const id = await createLockAtOnce(engine, appEnvironment, claim.owner);
      return new HostLock(engine, appEnvironment, claim, id, unleasedEnd(askedAt));
    } catch (error) {
      if (error instanceof Conflict || error instanceof NotFound) return undefined;
      throw error;
    }
  }

  /**
   * Takes up the lock of a run that was killed, or locks the host if that lock is gone. Does not wait for others.
   * @param containerId the lock of that run, if it had one
   */
  static async resume(
    engine: Engine,
    appEnvironment: AppEnvironment,
    claim: LockClaim,
    containerId: string | undefined,
  ): Promise<HostLock | HeldLock> {
    const own =
      containerId === undefined
        ? undefined
        : await HostLock.takeUp(engine, appEnvironment, claim, containerId);
    return own ?? HostLock.tryAcquire(engine, appEnvironment, claim);
  }

  /**
   * Takes up the lock of a run that was killed.
   * @returns `undefined` if it is gone: another run may have changed the host since
   */
  static async takeUp(
    engine: Engine,
    appEnvironment: AppEnvironment,
    claim: LockClaim,
    containerId: string,
  ): Promise<HostLock | undefined> {
    try {
      const expires = await readLeaseOnce(engine, containerId);
      let writtenAt = performance.now();
      await writeLease(engine, containerId);
      if (expires === undefined || engine.now() > expires) {
        // As with a lease that is renewed too late.
        await pause(RENEWAL_INTERVAL, engine.disconnected);
        writtenAt = performance.now();
        await writeLease(engine, containerId);
      }
      return new HostLock(engine, appEnvironment, claim, containerId, writtenAt + LEASE_DURATION);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      return undefined;
    }
  }

  /** Aborted when another run has taken the lock; the reason is the HostError. */
  get lost(): AbortSignal {
    return this.#loss.signal;
  }

  get containerId(): string {
    return this.#containerId;
  }

  /**
   * To be called before each change of the host.
   * @throws HostError if another run may have the lock now
   */
  assertHeld(): void {
    this.lost.throwIfAborted();
    if (performance.now() < this.#heldUntil) return;
    throw new HostError(
      this.#engine.host,
      `its lock could not be renewed for ${LEASE_DURATION / 1000} s, so another run may change it now. This run changes nothing more there.`,
    );
  }

  /** Others can lock the host at once. If it can't be reached, they can when the lease has expired. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#isEnded = true;
    await this.#renewal;
    if (this.lost.aborted || this.#engine.disconnected.aborted) return;
    await this.#engine.removeContainer(this.#containerId).catch(() => undefined);
    this.#claim.remember(this.#engine.host, undefined);
  }

  #renew(): void {
    if (this.lost.aborted) return;
    this.#renewal ??= this.#writeLease().finally(() => {
      this.#renewal = undefined;
    });
  }

  async #writeLease(): Promise<void> {
    const startedAt = performance.now();
    try {
      await writeLease(this.#engine, this.#containerId);
      // Another run that has found it expired may be about to remove it. The next renewal shows whether it did.
      const wasLeased = performance.now() < this.#leasedUntil;
      this.#leasedUntil = startedAt + LEASE_DURATION;
      if (wasLeased) this.#heldUntil = this.#leasedUntil;
    } catch (error) {
      // `docker container prune` removes it. Any other failure is tried again.
      if (error instanceof NotFound && !this.#isEnded) await this.#reacquire().catch(() => undefined);
    }
  }

  /** After the lease has expired, another run may have had the lock meanwhile, and have changed what this one has observed. */
  async #reacquire(): Promise<void> {
    const startedAt = performance.now();
    const id =
      startedAt < this.#heldUntil
        ? await createLock(this.#engine, this.#appEnvironment, this.#claim.owner)
        : undefined;
    if (id === undefined) return this.#lose();
    this.#containerId = id;
    this.#claim.remember(this.#engine.host, id);
    this.#heldUntil = startedAt + LEASE_DURATION;
    this.#leasedUntil = this.#heldUntil;
    await writeLease(this.#engine, id);
  }

  /** The post step has nothing to finish there: what is left is for the run that has the lock. */
  #lose(): void {
    this.#claim.remember(this.#engine.host, undefined);
    this.#loss.abort(
      new HostError(
        this.#engine.host,
        'another run has locked it, because the lock of this run was removed or had expired. This run changes nothing more there.',
      ),
    );
  }
}

/** Until when a run counts on a lock that has no lease yet. @param askedAt when the engine was asked for it */
const unleasedEnd = (askedAt: number): number =>
  Math.min(performance.now() + LEASE_DURATION, askedAt + UNLEASED_DURATION);
