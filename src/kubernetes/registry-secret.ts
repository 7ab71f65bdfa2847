import type { RegistryCredentials } from '../model/credentials.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { PinnedImage } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject, parseJson } from '../model/json.ts';
import { GITHUB_REGISTRY, registryOf } from '../model/registry.ts';

/** A secret with logins for registries, as the cluster and docker have it. */
export interface RegistrySecret {
  readonly name: string;
  /** JSON of docker's config file. */
  readonly dockerConfig: string;
}

/** Docker Hub's logins are kept under this name. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/**
 * The secret for `pull-secret`: the logins that the user gave for the registries of these images. Never the token of the job, which
 * is dead when a node pulls later. Pure.
 * @param unnamedFor the registry that a login without a registry is for
 * @throws ConfigurationError without a login
 */
export function registrySecret(
  name: string,
  images: Iterable<PinnedImage>,
  credentials: RegistryCredentials,
  unnamedFor?: string,
): RegistrySecret {
  // Who gives an iterator gives it once.
  const all = [...images];
  const registries = new Set(all.map(registryOf));
  const secret = knownRegistrySecret(name, all, credentials, unnamedFor);
  if (secret !== undefined) return secret;
  throw new ConfigurationError(
    `pull-secret: there is no login for ${[...registries].join(', ')} to put into it. Set "${inputRef('registry-username')}" and "${inputRef('registry-password')}" to one that lasts and may only read; the token of a job dies with it.`,
  );
}

/** The same; `undefined` without a login: an earlier release may be in another registry, for which the cluster has one already. Pure. */
export function knownRegistrySecret(
  name: string,
  images: Iterable<PinnedImage>,
  { logins, unnamed }: RegistryCredentials,
  unnamedFor: string = GITHUB_REGISTRY,
): RegistrySecret | undefined {
  const registries = new Set([...images].map(registryOf));
  const all = unnamed === undefined ? logins : [...logins, { registry: unnamedFor, ...unnamed }];
  const chosen = all.filter(({ registry }) => registries.has(registry));
  if (chosen.length === 0) return undefined;
  const auths = chosen.map(({ registry, username, password }) => [
    registry === 'docker.io' ? DOCKER_HUB_KEY : registry,
    { username, password, auth: Buffer.from(`${username}:${password}`).toString('base64') },
  ]);
  return { name, dockerConfig: JSON.stringify({ auths: Object.fromEntries(auths) }) };
}

/**
 * The logins of a secret with those that it has had for other registries: pods of earlier releases are pulled with these, also on the
 * way back to one. Pure.
 * @param before docker's config file, as the cluster has it
 */
export function withEarlierLogins(dockerConfig: string, before: string): string {
  const auths = [before, dockerConfig].map((text) => asObject(asObject(parseJson(text))['auths']));
  return JSON.stringify({ auths: Object.assign({}, ...auths) });
}
