import { HostError } from '../model/errors.ts';
import type { EngineClient } from './client.ts';
import type { RemoveContainerOptions } from './engine.ts';
import { Conflict } from './errors.ts';
import { containerPath } from './paths.ts';

/** Milliseconds to wait for a removal that another client began. */
const REMOVAL_TIMEOUT = 30_000;

/**
 * Removes a container, or waits until another client has removed it.
 * @throws HostError when that takes too long
 */
export async function removeContainer(
  client: EngineClient,
  id: string,
  { force = false, keepVolumes = false }: RemoveContainerOptions,
): Promise<void> {
  const operation = `remove container ${id}`;
  const query = { v: String(!keepVolumes), force: String(force) };
  try {
    await client.call(operation, 'DELETE', containerPath(id), { query, allow: [404] });
  } catch (error) {
    if (!(error instanceof Conflict && /already in progress/.test(error.message))) throw error;
    await awaitRemoval(client, id, operation);
  }
}

/** An engine that hangs may never finish a removal. */
async function awaitRemoval(client: EngineClient, id: string, operation: string): Promise<void> {
  const signal = AbortSignal.timeout(REMOVAL_TIMEOUT);
  const query = { condition: 'removed' };
  try {
    await client.call(operation, 'POST', `${containerPath(id)}/wait`, { query, allow: [404], signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HostError(
      client.host,
      `could not ${operation}: its removal had begun already and was not finished after ${REMOVAL_TIMEOUT / 1000} s. Look at "docker ps -a" and the engine's log on the host.`,
    );
  }
}
