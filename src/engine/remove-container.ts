import { HostError } from '../model/errors.ts';
import type { EngineClient } from './client.ts';
import { Conflict } from './errors.ts';
import { containerPath } from './paths.ts';

/** The longest a removal that somebody else began is waited for. Milliseconds. */
const REMOVAL_TIMEOUT = 30_000;

/**
 * Removes a container with its anonymous volumes, or waits until somebody else has; absent is fine.
 * @throws HostError when that takes too long
 */
export async function removeContainer(client: EngineClient, id: string, force: boolean): Promise<void> {
  const operation = `remove container ${id}`;
  try {
    await client.call(operation, 'DELETE', containerPath(id), {
      query: { v: 'true', force: String(force) },
      allow: [404],
    });
  } catch (error) {
    if (!(error instanceof Conflict && /already in progress/.test(error.message))) throw error;
    await awaitRemoval(client, id, operation);
  }
}

/** A hanging engine may never come to its end. */
async function awaitRemoval(client: EngineClient, id: string, operation: string): Promise<void> {
  const over = AbortSignal.timeout(REMOVAL_TIMEOUT);
  try {
    const query = { condition: 'removed' };
    await client.call(operation, 'POST', `${containerPath(id)}/wait`, { query, allow: [404], signal: over });
  } catch (error) {
    if (!over.aborted) throw error;
    throw new HostError(
      client.host,
      `could not ${operation}: its removal was under way and has not ended after ${REMOVAL_TIMEOUT / 1000} s. Look at "docker ps -a" and the engine's log on the host.`,
    );
  }
}
