import { HostError } from '../model/errors.ts';
import type { Client } from './client.ts';
import { Conflict } from './errors.ts';
import { containerPath } from './paths.ts';

/** The longest a removal that somebody else began is waited for. Milliseconds. */
const PATIENCE = 30_000;

/**
 * Removes a container with its anonymous volumes, or waits until somebody else has; absent is fine.
 * @throws HostError when that takes too long
 */
export async function removeContainer(client: Client, id: string, force: boolean): Promise<void> {
  const doing = `remove container ${id}`;
  try {
    await client.call(doing, 'DELETE', containerPath(id), {
      query: { v: 'true', force: String(force) },
      allow: [404],
    });
  } catch (error) {
    if (!(error instanceof Conflict && /already in progress/.test(error.message))) throw error;
    await awaitRemoval(client, id, doing);
  }
}

/** A hanging engine may never come to its end. */
async function awaitRemoval(client: Client, id: string, doing: string): Promise<void> {
  const over = AbortSignal.timeout(PATIENCE);
  try {
    const query = { condition: 'removed' };
    await client.call(doing, 'POST', `${containerPath(id)}/wait`, { query, allow: [404], signal: over });
  } catch (error) {
    if (!over.aborted) throw error;
    throw new HostError(
      client.host,
      `could not ${doing}: its removal was under way and has not ended after ${PATIENCE / 1000} s. Look at "docker ps -a" and the engine's log on the host.`,
    );
  }
}
