import type { RestartPolicy } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { LABEL } from '../model/app-environment.ts';
import type { Labelled } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';
import type { KnownContainer } from './known-containers.ts';

/**
 * The restart policy of the Compose file, which a container has while its release may run. A kept, stopped container has
 * none: when the engine restarts, `always` would start it and `on-failure` might. A label of the container remembers the
 * policy, so a rollback needs no record for it.
 */

const NO_RESTART: RestartPolicy = { name: 'no', maxRetries: 0 };

/** The policy that a container should have while it may run; `undefined`: none was taken from it. */
export function intendedRestartPolicy({ labels }: Labelled): RestartPolicy | undefined {
  const { [LABEL.restart]: value = 'no' } = labels;
  const [name, retries = '0'] = value.split(':');
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure'
    ? { name, maxRetries: Number(retries) }
    : undefined;
}

/** Gives a container its policy back, right before it starts. */
export async function restoreRestartPolicy(
  { engine }: HostContext,
  container: KnownContainer,
): Promise<void> {
  const policy = intendedRestartPolicy(container);
  if (policy !== undefined) await engine.setRestartPolicy(container.id, policy);
}

/** Removes the policy of a container before it is stopped, so that it stays stopped if the run is killed in between. */
export async function disableRestartPolicy(
  { engine }: HostContext,
  container: KnownContainer,
): Promise<void> {
  if (intendedRestartPolicy(container) === undefined) return;
  try {
    await engine.setRestartPolicy(container.id, NO_RESTART);
  } catch (error) {
    // The container is removed, or about to be.
    if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
  }
}
