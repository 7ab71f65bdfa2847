import { ConfigurationError } from '../model/errors.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import { isProductionName } from './names.ts';
import type { Inputs } from './reader.ts';

/**
 * Checks that a user who removes an environment means this one. The preview of a pull request has no name of production, and
 * a dry run changes nothing: they need no confirmation.
 * @throws ConfigurationError if `confirm` is missing for a production environment, or names another environment
 */
export function requireConfirmation(inputs: Inputs, environment: string, dryRun: boolean): void {
  const confirmed = inputs.text('confirm');
  if (confirmed?.toLowerCase() === environment) return;
  if (confirmed !== undefined) {
    throw new ConfigurationError(
      `confirm: "${confirmed}" is not the environment to remove, which is "${environment}". Set both to the same name.`,
    );
  }
  if (dryRun || !isProductionName(environment)) return;
  throw new ConfigurationError(
    `confirm: missing. "${environment}" is the name of a production environment. Set "${inputSetting('confirm', environment)}" to remove it with everything that runs in it.`,
  );
}

/** @throws ConfigurationError: volumes of a swarm are on its nodes */
export function rejectVolumesOfSwarm(inputs: Inputs): false {
  if (!inputs.flag('remove-volumes')) return false;
  throw new ConfigurationError(
    `remove-volumes: the volumes of a swarm are on its nodes, which no manager reaches. Remove "${inputRef('remove-volumes')}"; the log then shows the command to run on each node.`,
  );
}
