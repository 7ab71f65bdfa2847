import { ConfigurationError } from '../model/errors.ts';
import type { RegistryCredentials } from '../model/request.ts';
import type { Inputs } from './reader.ts';

/**
 * What there is to log in with.
 * @throws ConfigurationError for a user name without a password, and the other way round.
 */
export function readRegistryCredentials(inputs: Inputs): RegistryCredentials {
  const username = inputs.text('registry-username');
  const password = inputs.text('registry-password');
  if (password !== undefined && username === undefined) {
    throw new ConfigurationError(
      'registry-username: missing, but registry-password is given. Give both or neither.',
    );
  }
  if (username !== undefined && password === undefined) {
    throw new ConfigurationError(
      'registry-password: missing, but registry-username is given. Is the secret set, and may this job read it?',
    );
  }
  const token = inputs.text('github-token');
  return {
    login: username === undefined || password === undefined ? undefined : { username, password },
    // The registry looks at the token alone; docker only wants some name.
    token:
      token === undefined
        ? undefined
        : { username: process.env['GITHUB_ACTOR'] || 'github', password: token },
  };
}
