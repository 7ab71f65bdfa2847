import type { RestartPolicy } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { LABEL } from '../model/release.ts';
import type { HostContext } from './host-context.ts';

/**
 * The restart policy that the Compose file asks for, which a container has while its release may run. One that is kept
 * stopped has none: after a restart of the engine, `always` would start it, `on-failure` might. What it is to be again is on
 * the container itself, so that going back needs no record.
 */

interface LabelledContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

const NO_RESTART: RestartPolicy = { name: 'no', maxRetries: 0 };

/** The policy that a container is to have while it may run; `undefined` where there is none to give back. */
export function intendedRestartPolicy({
  labels,
}: Pick<LabelledContainer, 'labels'>): RestartPolicy | undefined {
  const { [LABEL.restart]: written = 'no' } = labels;
  const [name, attempts = '0'] = written.split(':');
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure'
    ? { name, maxRetries: Number(attempts) }
    : undefined;
}

/** Gives a container its policy back; right before it starts. */
export async function restoreRestartPolicy(
  context: HostContext,
  container: LabelledContainer,
): Promise<void> {
  const policy = intendedRestartPolicy(container);
  if (policy !== undefined) await context.engine.setRestartPolicy(container.id, policy);
}

/** Takes its policy from a container; before it is stopped, so that one whose stop is cut short does not come back either. */
export async function disableRestartPolicy(
  context: HostContext,
  container: LabelledContainer,
): Promise<void> {
  if (intendedRestartPolicy(container) === undefined) return;
  try {
    await context.engine.setRestartPolicy(container.id, NO_RESTART);
  } catch (error) {
    // It is gone, or about to be: nothing is left that could come back.
    if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
  }
}
