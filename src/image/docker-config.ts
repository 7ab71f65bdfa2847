import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, messageOf } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import type { ComposeObject } from '../model/release.ts';

/** A folder for `docker` that is private to this step: logins made in it leave no trace on the runner. */
export interface DockerConfig {
  readonly folder: string;
  /** The whole environment for `docker`, `docker buildx` and `docker compose`. */
  readonly environment: Readonly<Record<string, string>>;
}

const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** A registry's name as `config.json` has it. */
export function registryConfigKey(registry: string): string {
  return registry === 'docker.io' ? DOCKER_HUB_KEY : registry;
}

/**
 * Makes the private folder from the runner's own: the same credentials, helpers, contexts and plugins, and the same buildx
 * builders. The registries that this step logs in to are taken out of the runner's credential helpers, so that `docker login`
 * writes into the private file and not into a keychain that outlives the step.
 *
 * @param environment of the programs; names the runner's folder if it is not the usual one
 */
export async function makeDockerConfig(
  folder: string,
  logins: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<DockerConfig> {
  const original = environment['DOCKER_CONFIG'] || join(environment['HOME'] || homedir(), '.docker');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify(privateDockerConfig(await readDockerConfig(original), logins)),
    {
      mode: 0o600,
    },
  );
  for (const name of await readdir(original).catch(() => [])) {
    if (name !== 'config.json') await symlink(join(original, name), join(folder, name));
  }
  return {
    folder,
    environment: {
      ...environment,
      DOCKER_CONFIG: folder,
      // Builders are files too: those of the runner, also where the link to them could not be made yet.
      BUILDX_CONFIG: environment['BUILDX_CONFIG'] || join(original, 'buildx'),
    },
  };
}

/** An empty helper means the file itself: docker/cli, cli/config/configfile, getConfiguredCredentialStore. */
export function privateDockerConfig(config: ComposeObject, logins: readonly string[]): ComposeObject {
  const keys = logins.map(registryConfigKey);
  const own = Object.fromEntries(keys.map((key) => [key, '']));
  const auths = Object.entries(asObject(config['auths'])).filter(([key]) => !keys.includes(key));
  return {
    ...config,
    auths: Object.fromEntries(auths),
    credHelpers: { ...asObject(config['credHelpers']), ...own },
  };
}

/** Whether `config.json` names a way to credentials for a registry, by itself or by a helper for it. */
export function hasCredentials(config: ComposeObject, registry: string): boolean {
  const key = registryConfigKey(registry);
  if (asText(asObject(config['credHelpers'])[key]) !== undefined) return true;
  return asObject(config['auths'])[key] !== undefined;
}

/** @throws ConfigurationError when there is such a file and it can't be read. */
export async function readDockerConfig(folder: string): Promise<ComposeObject> {
  const path = join(folder, 'config.json');
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new ConfigurationError(`docker's own configuration can't be read: ${messageOf(error)}`);
  }
  try {
    return asObject(JSON.parse(json));
  } catch {
    throw new ConfigurationError(
      `${path} is not valid JSON. Mend or remove it; docker can't read it either.`,
    );
  }
}
