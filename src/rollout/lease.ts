import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import { asNumber, asObject } from '../model/json.ts';
import { pause } from '../run/pause.ts';

/**
 * The lease in a lock: until when it counts, by the clock of the host, so that the clocks of runners do not matter. A run that is
 * killed renews it no longer.
 */

/** Milliseconds. */
export const LEASE_DURATION = 15_000;
/** Milliseconds between two renewals. */
export const RENEWAL_INTERVAL = 4_000;
const LEASE_FILE = 'lease';
/** Milliseconds for one write: after one that hangs there is time for another. */
const WRITE_LIMIT = 6_000;

/**
 * Lets the lock count from now on for the duration of a lease.
 * @throws NotFound if there is no such lock; HostError when the engine takes too long
 */
export function writeLease(engine: Engine, lockId: string): Promise<void> {
  const lease = { expires: engine.now() + LEASE_DURATION };
  const files = new Map([[LEASE_FILE, { content: JSON.stringify(lease), mode: 0o600 }]]);
  return engine.writeFiles(lockId, '/', files, { urgent: true, limit: WRITE_LIMIT });
}

/** How often a lease is looked for: none can be read for an instant while its run renews it, or removes the lock. */
const READS = 4;
/** Milliseconds. */
const READ_INTERVAL = 250;

/** @returns when it ends, by the clock of the host; `undefined` if the lock has none */
export async function readLease(engine: Engine, lockId: string): Promise<number | undefined> {
  for (let read = 1; read <= READS; read += 1) {
    if (read > 1) await pause(READ_INTERVAL, engine.disconnected);
    const expires = await readLeaseOnce(engine, lockId);
    if (expires !== undefined) return expires;
  }
  return undefined;
}

/** Like `readLease`, where a lease that is just being renewed may count as none. */
export async function readLeaseOnce(engine: Engine, lockId: string): Promise<number | undefined> {
  try {
    return parseLease((await engine.readFiles(lockId, `/${LEASE_FILE}`)).get(LEASE_FILE));
  } catch (error) {
    // A container that is just being removed: 404, or 500 with an engine's own words.
    if (error instanceof HostError && !engine.disconnected.aborted) return undefined;
    throw error;
  }
}

/** Only a part of it may be there while it is written. */
function parseLease(content: Buffer | undefined): number | undefined {
  try {
    return asNumber(asObject(JSON.parse(String(content)))['expires']);
  } catch {
    return undefined;
  }
}
