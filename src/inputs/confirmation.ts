import { ConfigurationError } from '../model/errors.ts';
import type { Inputs } from './reader.ts';

/** An environment with such a name is removed only if its name is given twice. A preview has another name and needs no more. */
const PRODUCTION = /^prod/;

/**
 * Checks that a user who removes an environment means this one. A dry run changes nothing, so it needs no confirmation.
 * @throws ConfigurationError if `confirm` is missing for a production environment, or names another environment
 */
export function requireConfirmation(inputs: Inputs, environment: string, dryRun: boolean): void {
  const confirmed = inputs.text('confirm');
  if (confirmed === environment) return;
  if (confirmed !== undefined) {
    throw new ConfigurationError(
      `confirm: "${confirmed}" is not the environment to remove, which is "${environment}". Set both to the same name.`,
    );
  }
  if (dryRun || !PRODUCTION.test(environment)) return;
  throw new ConfigurationError(
    `confirm: missing. "${environment}" is the name of a production environment. Set "confirm: ${environment}" to remove it with everything that runs in it.`,
  );
}
