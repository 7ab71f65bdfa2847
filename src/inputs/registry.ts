import { ConfigurationError } from '../model/errors.ts';
import type { RegistryCredentials } from '../model/request.ts';
import { githubVariables } from '../run/github-variables.ts';
import type { Inputs } from './reader.ts';

/** @throws ConfigurationError for a user name without a password, or a password without a user name */
export function readRegistryCredentials(inputs: Inputs): RegistryCredentials {
  const username = inputs.text('registry-username');
  const password = inputs.text('registry-password');
  const token = inputs.text('github-token');
  if (password !== undefined && username === undefined) {
    throw new ConfigurationError(
      'registry-username: missing, but "registry-password" is set. Set both or neither.',
    );
  }
  if (username !== undefined && password === undefined) {
    throw new ConfigurationError(
      'registry-password: missing, but "registry-username" is set. Check that the secret exists and that this job may read it.',
    );
  }
  return {
    login: username === undefined || password === undefined ? undefined : { username, password },
    token: token === undefined ? undefined : { username: jobTokenUser(), password: token },
  };
}

/** The registry checks only the token of the job, but docker needs a user name. */
export function jobTokenUser(): string {
  return githubVariables().actor ?? 'github';
}
