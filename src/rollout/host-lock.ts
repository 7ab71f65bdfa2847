import type { Engine } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { type AppEnvironment, baseProject, LABEL, OWN_ROLE } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { asObject, asText } from '../model/json.ts';
import { pauseInRealTime } from '../run/retry.ts';
import { EMPTY_IMAGE, ensureEmptyImage } from './empty-image.ts';

/**
 * The lock of an app and environment on one host: a container with a fixed name that is never started, so the engine itself gives
 * it to one run only (409 for all others: tried with 100 races). In it is a lease: a run that is killed renews it no longer, and
 * the lock is free once the lease has expired.
 */

/** The run that holds a lock. */
export interface LockOwner {
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
}

/** How a run takes locks. */
export interface LockClaim {
  readonly owner: LockOwner;
  /** Called when it has a lock, with its container, and with `undefined` when it has none any more. */
  readonly remember: (host: HostName, containerId: string | undefined) => void;
}

/** A lock that another run holds. */
export interface HeldLock {
  readonly containerId: string;
  readonly owner: LockOwner;
  /** ISO 8601, by the clock of the host. */
  readonly since: string;
  readonly isExpired: boolean;
}

/** Milliseconds. Times are those of the host, so the clocks of runners do not matter. */
export const LEASE_DURATION = 15_000;
const RENEWAL_INTERVAL = 4_000;
const LEASE_FILE = 'lease';
/** Between two of them a lock may be released and taken by another run: so often in a row, nothing but a foreign container explains it. */
const ACQUIRE_ATTEMPTS = 50;

/** The lock of one host, as long as its scope lasts. */
export class HostLock implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #appEnvironment: AppEnvironment;
  readonly #claim: LockClaim;
  readonly #timer: NodeJS.Timeout;
  #containerId: string;
  /** By `performance.now()`. */
  #heldUntil: number;
  #renewal: Promise<void> = Promise.resolve();
  /** Aborted with the HostError when another run may have the lock. */
  readonly #loss = new AbortController();

  private constructor(engine: Engine, appEnvironment: AppEnvironment, claim: LockClaim, containerId: string) {
    this.#engine = engine;
    this.#appEnvironment = appEnvironment;
    this.#claim = claim;
    this.#containerId = containerId;
    claim.remember(engine.host, containerId);
    this.#heldUntil = performance.now() + LEASE_DURATION;
    // Nobody waits for it: a lock without a lease is not free either, for longer than one.
    this.#renewal = this.#renew();
    this.#timer = setInterval(() => {
      this.#renewal = this.#renewal.then(() => this.#renew());
    }, RENEWAL_INTERVAL).unref();
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
      const id = await createLock(engine, appEnvironment, claim.owner);
      if (id !== undefined) return new HostLock(engine, appEnvironment, claim, id);
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
      const id = await engine.createContainer(...lockContainer(engine, appEnvironment, claim.owner));
      return new HostLock(engine, appEnvironment, claim, id);
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
      await writeLease(engine, containerId);
      return new HostLock(engine, appEnvironment, claim, containerId);
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
    await this.#renewal;
    if (this.lost.aborted || this.#engine.disconnected.aborted) return;
    await this.#engine.removeContainer(this.#containerId).catch(() => undefined);
    this.#claim.remember(this.#engine.host, undefined);
  }

  async #renew(): Promise<void> {
    if (this.lost.aborted) return;
    const renewedAt = performance.now();
    try {
      await writeLease(this.#engine, this.#containerId);
      this.#heldUntil = renewedAt + LEASE_DURATION;
    } catch (error) {
      // `docker container prune` removes it. Any other failure is tried again.
      if (error instanceof NotFound) await this.#reacquire().catch(() => undefined);
    }
  }

  /** After the lease has expired, another run may have had the lock meanwhile, and have changed what this one has observed. */
  async #reacquire(): Promise<void> {
    const startedAt = performance.now();
    const id =
      startedAt < this.#heldUntil
        ? await createLock(this.#engine, this.#appEnvironment, this.#claim.owner)
        : undefined;
    if (id === undefined) {
      const error = new HostError(
        this.#engine.host,
        'another run has locked it, because the lock of this run was removed or had expired. This run changes nothing more there.',
      );
      this.#loss.abort(error);
      return;
    }
    this.#containerId = id;
    this.#claim.remember(this.#engine.host, id);
    this.#heldUntil = startedAt + LEASE_DURATION;
    await writeLease(this.#engine, id);
  }
}

/** Removes the lock of a run that is gone, by its id: never that of a run that took its place. */
export async function breakLock(engine: Engine, { containerId }: HeldLock): Promise<void> {
  await engine.removeContainer(containerId);
}

/** The name of the container that is the lock of an app and environment. */
export const lockName = (appEnvironment: AppEnvironment): string => `${baseProject(appEnvironment)}-lock`;

/** The name and the spec of a lock. */
function lockContainer(
  engine: Engine,
  appEnvironment: AppEnvironment,
  { actor, runUrl }: LockOwner,
): Parameters<Engine['createContainer']> {
  const lock = { actor, runUrl, since: new Date(engine.now()).toISOString() };
  const spec = {
    Image: EMPTY_IMAGE,
    Cmd: ['never-started'],
    // Not the labels of the app: it is no part of what is deployed.
    Labels: { [LABEL.role]: OWN_ROLE.lock, [LABEL.lock]: JSON.stringify(lock) },
  };
  return [lockName(appEnvironment), spec];
}

/** @returns the id of the container; `undefined` if another run has the lock */
async function createLock(
  engine: Engine,
  appEnvironment: AppEnvironment,
  owner: LockOwner,
): Promise<string | undefined> {
  const [name, spec] = lockContainer(engine, appEnvironment, owner);
  for (;;) {
    try {
      return await engine.createContainer(name, spec);
    } catch (error) {
      if (error instanceof Conflict) return undefined;
      if (!(error instanceof NotFound)) throw error;
      await ensureEmptyImage(engine);
    }
  }
}

const writeLease = (engine: Engine, id: string): Promise<void> => {
  const lease = { expires: engine.now() + LEASE_DURATION };
  const files = new Map([[LEASE_FILE, { content: JSON.stringify(lease), mode: 0o600 }]]);
  return engine.writeFiles(id, '/', files, { urgent: true });
};

/** @returns `undefined` if nobody has the lock any more */
export async function readLock(
  engine: Engine,
  appEnvironment: AppEnvironment,
): Promise<HeldLock | undefined> {
  const found = (await engine.listContainers([`${LABEL.role}=${OWN_ROLE.lock}`])).find(
    ({ name }) => name === lockName(appEnvironment),
  );
  if (found === undefined) return undefined;
  const expires = await readLease(engine, found.id);
  const lock = asObject(JSON.parse(found.labels[LABEL.lock] ?? '{}'));
  const since = asText(lock['since']) ?? '';
  return {
    containerId: found.id,
    owner: { actor: asText(lock['actor']), runUrl: asText(lock['runUrl']) },
    since,
    // Without a lease the run was killed right after it had made the lock, or is about to write one.
    isExpired: engine.now() > (expires ?? Date.parse(since) + 2 * LEASE_DURATION),
  };
}

/** How often a lease is looked for: none can be read for an instant while its run renews it, or removes the lock. */
const LEASE_READS = 4;
const LEASE_READ_INTERVAL = 250;

async function readLease(engine: Engine, id: string): Promise<number | undefined> {
  for (let read = 1; read <= LEASE_READS; read += 1) {
    if (read > 1) await pauseInRealTime(LEASE_READ_INTERVAL, engine.disconnected);
    const expires = await readLeaseOnce(engine, id);
    if (expires !== undefined) return expires;
  }
  return undefined;
}

async function readLeaseOnce(engine: Engine, id: string): Promise<number | undefined> {
  try {
    const content = (await engine.readFiles(id, `/${LEASE_FILE}`)).get(LEASE_FILE);
    return content === undefined ? undefined : Number(asObject(JSON.parse(String(content)))['expires']);
  } catch (error) {
    // A container that is just being removed: 404, or 500 with an engine's own words.
    if (error instanceof HostError && !engine.disconnected.aborted) return undefined;
    throw error;
  }
}
