import type { RestartPolicy } from '../engine/engine.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import { LABEL } from '../model/release.ts';
import type { Work } from './work.ts';

/**
 * The restart policy that the Compose file asks for, which a container has while its release may run. One that is kept
 * stopped has none: after a restart of the engine, `always` would start it, `on-failure` might. What it is to be again is on
 * the container itself, so that going back needs no record.
 */

interface Labelled {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

const OFF: RestartPolicy = { name: 'no', attempts: 0 };

/** The policy that a container is to have while it may run; `undefined` where there is none to give back. */
export function policyOf({ labels }: Pick<Labelled, 'labels'>): RestartPolicy | undefined {
  const { [LABEL.restart]: written = 'no' } = labels;
  const [name, attempts = '0'] = written.split(':');
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure'
    ? { name, attempts: Number(attempts) }
    : undefined;
}

/** Gives a container its policy back; right before it starts. */
export async function restoreRestarts(work: Work, container: Labelled): Promise<void> {
  const policy = policyOf(container);
  if (policy !== undefined) await work.engine.setRestartPolicy(container.id, policy);
}

/** Takes its policy from a container; before it is stopped, so that one whose stop is cut short does not come back either. */
export async function turnOffRestarts(work: Work, container: Labelled): Promise<void> {
  if (policyOf(container) === undefined) return;
  try {
    await work.engine.setRestartPolicy(container.id, OFF);
  } catch (error) {
    // It is gone, or about to be: nothing is left that could come back.
    if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
  }
}
