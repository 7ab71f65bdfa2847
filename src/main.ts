import { setFailed } from '@actions/core';

export type Command = 'deliver' | 'build' | 'deploy' | 'rollback' | 'status';

/** The door that the runner knocks at for each of the actions. */
export function run(command: Command): Promise<void> {
  setFailed(`The command "${command}" is not there yet.`);
  return Promise.resolve();
}
