import type { RegistryCredentials, RegistryLogin } from '../model/credentials.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ImageSource } from '../model/image-source.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace } from '../model/place-words.ts';
import { isRegistry, loginLines, registryNamed, registryOf } from '../model/registry.ts';
import { githubVariables, isGitHubDotCom } from '../run/github-variables.ts';
import { type KeyRule, parsePairs } from './pairs.ts';
import type { Inputs } from './reader.ts';

const REGISTRY_KEY: KeyRule = {
  pattern: { test: isRegistry },
  hint: 'the host of a registry as image names have it: registry.example.com, docker.io',
};

/**
 * Reads the logins. One without the name of its registry is for the registry that the input `image` names, never for one that
 * only a file names: whoever changes the file would get the password.
 *
 * @param source `undefined` for a command without the input `image`
 * @throws ConfigurationError for a user name without a password, a password without a user name, or one login for several
 *   registries
 */
export function readRegistryCredentials(
  inputs: Inputs,
  source: ImageSource | undefined,
): RegistryCredentials {
  const username = inputs.text('registry-username');
  const password = inputs.text('registry-password');
  const token = readJobToken(inputs);
  if (password !== undefined && username === undefined) {
    throw new ConfigurationError(
      `registry-username: missing, but "${inputRef('registry-password')}" is set. Set both or neither.`,
    );
  }
  if (username !== undefined && password === undefined) {
    throw new ConfigurationError(
      `registry-password: missing, but "${inputRef('registry-username')}" is set. ${byPlace('Check that the secret exists and that this job may read it', 'Set both or neither')}.`,
    );
  }
  if (username === undefined || password === undefined) return { logins: [], unnamed: undefined, token };
  if (namesRegistries(username))
    return { logins: readLoginLines(username, password), unnamed: undefined, token };
  const registry = source === undefined ? undefined : givenRegistry(source);
  return registry === undefined
    ? { logins: [], unnamed: { username, password }, token }
    : { logins: [{ registry, username, password }], unnamed: undefined, token };
}

/** Whether the text is lines of `registry=user`. No registry has users with `=` in their names. */
const namesRegistries = (username: string): boolean => /[=\n]/.test(username);

/** Pairs of user name and password, without any check: for what has to be masked. */
export function loginPairs(
  username: string | undefined,
  password: string | undefined,
): readonly (readonly [string, string])[] {
  if (username === undefined || password === undefined) return [];
  if (!namesRegistries(username)) return [[username, password]];
  const [users, passwords] = [username, password].map((text) =>
    parsePairs(text, '', { pattern: /./, hint: '' }),
  );
  return [...(passwords ?? [])].map(([registry, each]) => [users?.get(registry) ?? '', each]);
}

function readLoginLines(username: string, password: string): readonly RegistryLogin[] {
  const read = (text: string, input: string): ReadonlyMap<string, string> => {
    const pairs = parsePairs(text, input, REGISTRY_KEY);
    return new Map([...pairs].map(([host, value]) => [registryNamed(host), value]));
  };
  const users = read(username, 'registry-username');
  const passwords = read(password, 'registry-password');
  for (const registry of passwords.keys()) {
    if (users.has(registry)) continue;
    throw new ConfigurationError(
      `registry-username: there is no line for ${registry}, but "${inputRef('registry-password')}" has one. Write ${registry}=user.`,
    );
  }
  return [...users].map(([registry, user]) => {
    const own = passwords.get(registry);
    if (own !== undefined && own !== '' && user !== '') return { registry, username: user, password: own };
    throw new ConfigurationError(
      `registry-password: there is no password for ${registry}, which "${inputRef('registry-username')}" has. Write ${registry}=password on a line${byPlace(', and check that the secret exists and that this job may read it', '')}.`,
    );
  });
}

/**
 * @returns `undefined` if the input is not given
 * @throws ConfigurationError if it names several registries
 */
function givenRegistry(source: ImageSource): string | undefined {
  if (source.kind === 'build' && !source.isRepositoryGiven) return undefined;
  const registries = registriesOf(source);
  const [first, ...others] = registries;
  if (first === undefined || others.length === 0) return first;
  throw new ConfigurationError(
    `registry-username: the images are in several registries (${registries.join(', ')}), and one login can't serve several registries. Write the registry that it is for: ${loginLines(first)}.`,
  );
}

/** The registry that the input `image` names, or its default; `undefined` if it names several. */
export function registryOfInput(source: ImageSource): string | undefined {
  const [first, ...others] = registriesOf(source);
  return others.length === 0 ? first : undefined;
}

function registriesOf(source: ImageSource): readonly string[] {
  const named = source.kind === 'build' ? [source] : [...source.images.values()];
  return [...new Set(named.map(({ repository }) => registryOf(repository)))];
}

/** A token of another server than github.com is unknown to ghcr.io, and not meant for it. */
function readJobToken(inputs: Inputs): RegistryCredentials['token'] {
  const token = inputs.text('github-token');
  if (token === undefined || !isGitHubDotCom(githubVariables().serverUrl)) return undefined;
  return { username: jobTokenUser(), password: token };
}

/** The registry checks only the token of the job, but docker needs a user name. */
export function jobTokenUser(): string {
  return githubVariables().actor ?? 'github';
}
