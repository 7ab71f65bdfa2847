import type { Engine } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { type AppEnvironment, baseProject, LABEL, OWN_ROLE } from '../model/app-environment.ts';
import type { Initiator } from '../model/initiator.ts';
import { asObject, asText, type JsonObject } from '../model/json.ts';
import { EMPTY_IMAGE, ensureEmptyImage } from './empty-image.ts';
import { LEASE_DURATION, RENEWAL_INTERVAL, readLease } from './lease.ts';

/**
 * The container that is the lock of an app and environment on a host. It has a fixed name and is never started, so the engine itself
 * gives it to one run only (409 for all others: tried with 100 races). In it is a lease.
 */

/** A lock that another run holds. */
export interface HeldLock {
  readonly containerId: string;
  readonly owner: Initiator;
  /** ISO 8601, by the clock of the host. */
  readonly since: string;
  readonly isExpired: boolean;
  /** Its run has missed two renewals. */
  readonly isOverdue: boolean;
}

/**
 * Milliseconds for which a lock counts that has no lease: its run was killed right after it had made the lock, or is about to write
 * one. Longer than a lease, because an engine may be slow to make a container.
 */
export const UNLEASED_DURATION = 2 * LEASE_DURATION;

/** The name of the container that is the lock of an app and environment. */
export const lockName = (appEnvironment: AppEnvironment): string => `${baseProject(appEnvironment)}-lock`;

/** How often a host may lose the image of a lock between the moment that it is made and its use. */
const CREATE_ATTEMPTS = 3;

/**
 * Locks a host.
 * @returns the id of the container; `undefined` if another run has the lock
 */
export async function createLock(
  engine: Engine,
  appEnvironment: AppEnvironment,
  owner: Initiator,
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await createLockAtOnce(engine, appEnvironment, owner);
    } catch (error) {
      if (error instanceof Conflict) return undefined;
      if (!(error instanceof NotFound) || attempt === CREATE_ATTEMPTS) throw error;
      await ensureEmptyImage(engine);
    }
  }
}

/**
 * Locks a host with one call.
 * @returns the id of the container
 * @throws Conflict if another run has the lock, NotFound if the host lacks what a lock is made of
 */
export function createLockAtOnce(
  engine: Engine,
  appEnvironment: AppEnvironment,
  { actor, runUrl }: Initiator,
): Promise<string> {
  const lock = { actor, runUrl, since: new Date(engine.now()).toISOString() };
  return engine.createContainer(lockName(appEnvironment), {
    Image: EMPTY_IMAGE,
    Cmd: ['never-started'],
    // Not the labels of the app: it is no part of what is deployed.
    Labels: { [LABEL.role]: OWN_ROLE.lock, [LABEL.lock]: JSON.stringify(lock) },
  });
}

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
  const lock = parseLabel(found.labels[LABEL.lock]);
  const since = asText(lock['since']) ?? 'an unknown time';
  const end = expires ?? Date.parse(since) + UNLEASED_DURATION;
  return {
    containerId: found.id,
    owner: { actor: asText(lock['actor']), runUrl: asText(lock['runUrl']) },
    since,
    // Of a container that somebody else has made the time may be none: then nobody renews it.
    isExpired: !(engine.now() <= end),
    isOverdue: expires !== undefined && engine.now() > expires - LEASE_DURATION + 2 * RENEWAL_INTERVAL,
  };
}

function parseLabel(text = ''): JsonObject {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Removes the lock of a run that is gone, by its id: never that of a run that took its place. */
export async function breakLock(engine: Engine, { containerId }: HeldLock): Promise<void> {
  await engine.removeContainer(containerId);
}
