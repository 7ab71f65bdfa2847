import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Initiator } from '../model/initiator.ts';
import { pause } from '../run/pause.ts';

/**
 * The lock of an app in a cluster: an object of whose name there can be one only. The run that made it gives a sign of life from time to
 * time; without one, the lock expires.
 */

/** Where a cluster keeps the lock of an app. Each call throws if the cluster is not reached. */
export interface ClusterLockPlace {
  readonly host: HostName;
  /** What the lock is, for a person who looks for it. */
  readonly name: string;
  /** Milliseconds without a sign of life after which the run that has the lock is dead: its job was killed. */
  readonly expiry: number;
  /** @returns the id of the lock; `undefined` if there is one already */
  create(owner: Initiator): Promise<string | undefined>;
  /** @returns `undefined` if nobody has the lock */
  read(): Promise<HeldClusterLock | undefined>;
  /**
   * Gives a sign of life.
   * @returns whether the lock is still this one, and nobody has taken it over meanwhile
   */
  renew(id: string): Promise<boolean>;
  /** No error if it is another one, or gone. */
  remove(id: string): Promise<void>;
  /** Removes the lock of a run that is dead, unless it has given a sign of life since it was read. */
  removeExpired(held: HeldClusterLock): Promise<void>;
}

/** A lock that some run has. */
export interface HeldClusterLock {
  readonly id: string;
  /** It is another one after each sign of life. */
  readonly version: string;
  readonly owner: Initiator;
  /** ISO 8601, by the clock of the cluster. */
  readonly since: string;
  readonly isExpired: boolean;
  /** Its run has missed two signs of life. */
  readonly isOverdue: boolean;
}

/** How a run takes the lock of a cluster. */
export interface ClusterLockClaim {
  readonly owner: Initiator;
  /** Called when it has a lock, with its id, and with `undefined` when it has none any more. */
  readonly remember: (host: HostName, id: string | undefined) => void;
}

/** Milliseconds between two signs of life. */
const BEAT_INTERVAL = 15_000;
/** Milliseconds without a sign of life after which two are missing. */
export const OVERDUE_AFTER = 2 * BEAT_INTERVAL;
/** Milliseconds by which a run takes its lock to be expired before others do: clocks of clusters tell seconds. */
const EXPIRY_MARGIN = 5_000;
/** Milliseconds in which a run has noticed that its lock is gone, if it reaches the cluster. */
const NOTICE_TIME = BEAT_INTERVAL + 5_000;

/** The lock of an app in a cluster, as long as its scope lasts. */
export class ClusterLock implements AsyncDisposable {
  readonly #place: ClusterLockPlace;
  readonly #claim: ClusterLockClaim;
  readonly #id: string;
  readonly #timer: NodeJS.Timeout;
  /** Aborted with the HostError when another run has the lock, or somebody has removed it. */
  readonly #loss = new AbortController();
  /** By `performance.now()`. */
  #heldUntil: number;
  #renewal: Promise<void> | undefined;

  private constructor(place: ClusterLockPlace, claim: ClusterLockClaim, id: string, begunAt: number) {
    this.#place = place;
    this.#claim = claim;
    this.#id = id;
    this.#heldUntil = begunAt + place.expiry - EXPIRY_MARGIN;
    this.#timer = setInterval(() => void this.#renew(), BEAT_INTERVAL).unref();
    claim.remember(place.host, id);
  }

  /** @returns `undefined` if another run has it, or had it a moment ago */
  static async tryTake(place: ClusterLockPlace, claim: ClusterLockClaim): Promise<ClusterLock | undefined> {
    const begunAt = performance.now();
    const id = await place.create(claim.owner);
    return id === undefined ? undefined : new ClusterLock(place, claim, id, begunAt);
  }

  /**
   * Goes on with the lock of a run that was killed.
   * @returns `undefined` if it is gone: another run may have changed something since
   */
  static async takeUp(
    place: ClusterLockPlace,
    claim: ClusterLockClaim,
    id: string,
  ): Promise<ClusterLock | undefined> {
    const begunAt = performance.now();
    return (await place.renew(id)) ? new ClusterLock(place, claim, id, begunAt) : undefined;
  }

  /** Aborted when another run may have the lock; the reason is the HostError. */
  get lost(): AbortSignal {
    return this.#loss.signal;
  }

  /**
   * To be called before each change. A lock that has expired is asked for: if nobody has taken it meanwhile, it is held again.
   * @throws HostError if another run may have it
   */
  async assertHeld(): Promise<void> {
    if (performance.now() >= this.#heldUntil) await this.#renew();
    this.lost.throwIfAborted();
    if (performance.now() < this.#heldUntil) return;
    throw new HostError(
      this.#place.host,
      `its lock could not be renewed for ${this.#place.expiry / 1000} s, so another run may change it now. This run changes nothing more there.`,
    );
  }

  /** Others can take it at once; if the cluster is not reached, when it has expired. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#claim.remember(this.#place.host, undefined);
    if (!this.lost.aborted) await this.#place.remove(this.#id).catch(() => undefined);
  }

  /** One at a time: a call may take longer than the interval. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<void> {
    if (this.lost.aborted) return;
    const begunAt = performance.now();
    try {
      if (await this.#place.renew(this.#id)) this.#heldUntil = begunAt + this.#place.expiry - EXPIRY_MARGIN;
      else this.#loss.abort(lostLockError(this.#place));
    } catch {
      // The cluster is not reached: the next sign of life may be.
    }
  }
}

const lostLockError = ({ host }: ClusterLockPlace): HostError =>
  new HostError(
    host,
    'another run has locked it, because the lock of this run was removed or had expired. This run changes nothing more there.',
  );

/**
 * Takes the lock away from the run that has it. If that run may still work, the cluster stays locked until it must have noticed, so that it
 * changes nothing while the next one does.
 * @returns the lock that was there
 */
export async function breakClusterLock(
  place: ClusterLockPlace,
  claim: ClusterLockClaim,
  signal: AbortSignal,
): Promise<HeldClusterLock | undefined> {
  const held = await place.read();
  if (held === undefined) return undefined;
  await place.remove(held.id);
  if (held.isExpired) return held;
  await using own = await ClusterLock.tryTake(place, claim);
  // One that waited for it was faster: it keeps the former owner out as well.
  if (own !== undefined) await pause(NOTICE_TIME, signal);
  return held;
}
