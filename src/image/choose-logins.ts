import { ConfigurationError } from '../model/errors.ts';
import { registryOf } from '../model/image.ts';
import type { RegistryCredentials, RegistryLogin } from '../model/request.ts';

/** GitHub's own registry, which takes the job's token. */
const GITHUB_REGISTRY = 'ghcr.io';

/**
 * Which registries to log in to for these repositories. The user's own login goes to the one registry there is, or to
 * the one beside ghcr.io, which takes the job's token. Registries without a login keep what the runner knows of them.
 *
 * @throws ConfigurationError when one login can't say which of several registries it is for.
 */
export function chooseLogins(
  credentials: RegistryCredentials,
  repositories: Iterable<string>,
): readonly RegistryLogin[] {
  const { login, token } = credentials;
  const registries = [...new Set([...repositories].map(registryOf))];
  const others = registries.filter((registry) => registry !== GITHUB_REGISTRY);
  const logins: RegistryLogin[] = [];
  if (login !== undefined) {
    if (others.length > 1) {
      throw new ConfigurationError(
        `registry-username: the images are in several registries (${others.join(', ')}), and one login can't be for all. Log in to them with docker/login-action before this step, and leave registry-username and registry-password out.`,
      );
    }
    const registry = others[0] ?? registries[0];
    if (registry !== undefined) logins.push({ registry, ...login });
  }
  const covered = logins.some(({ registry }) => registry === GITHUB_REGISTRY);
  if (token !== undefined && !covered && registries.includes(GITHUB_REGISTRY))
    logins.push({ registry: GITHUB_REGISTRY, ...token });
  return logins;
}
