import { mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { RegistryLogin } from '../model/credentials.ts';
import { ConfigurationError, messageOf } from '../model/errors.ts';
import { asObject, asText, type JsonObject, pickKeys } from '../model/json.ts';

type Environment = Readonly<Record<string, string>>;

/** A folder for `docker` that is private to this step: logins in it leave no trace on the runner. */
export interface DockerConfig {
  readonly folder: string;
  /** The whole environment for `docker`, `docker buildx` and `docker compose`. */
  readonly environment: Environment;
}

/** A registry's key in `config.json`. */
export function registryConfigKey(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}

/** The runner's own folder for `docker`. */
export function runnerDockerFolder(environment: Environment): string {
  return environment['DOCKER_CONFIG'] || join(environment['HOME'] || homedir(), '.docker');
}

/**
 * Makes the private folder for builds and registries from the runner's own: the same credentials, helpers, proxies, contexts and
 * plugins, and the same buildx builders. The registries that this step logs in to are removed from the runner's credential
 * helpers, so that these logins are used, and are in no keychain that outlives the step.
 *
 * @param environment of the programs
 */
export async function makeDockerConfig(
  folder: string,
  logins: readonly RegistryLogin[],
  environment: Environment,
): Promise<DockerConfig> {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, privateDockerConfig(config, logins), environment);
}

/** What finds the login for a registry, and `docker compose` itself. */
const HOST_CONFIG_KEYS = ['auths', 'credsStore', 'credHelpers', 'cliPluginsExtraDirs'];

/**
 * Makes the private folder for the engines of hosts. Only the credentials are taken over: with `proxies`, `docker compose` would
 * put the proxies of the runner, with their passwords, into the containers of the host, and `HttpHeaders` would be sent to it.
 *
 * @param environment of the programs, perhaps with the folder of `makeDockerConfig`
 */
export async function makeHostDockerConfig(folder: string, environment: Environment): Promise<DockerConfig> {
  const config = await readDockerConfig(runnerDockerFolder(environment));
  return await writeDockerConfig(folder, pickKeys(config, HOST_CONFIG_KEYS), environment);
}

/** Everything else in the runner's folder is linked. */
async function writeDockerConfig(
  folder: string,
  config: JsonObject,
  environment: Environment,
): Promise<DockerConfig> {
  const original = runnerDockerFolder(environment);
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
  for (const name of await readdir(original).catch(() => [])) {
    if (name !== 'config.json') await symlink(join(original, name), join(folder, name));
  }
  return {
    folder,
    environment: {
      ...environment,
      DOCKER_CONFIG: folder,
      // Builders are files too. This names the runner's even if it has no such folder yet to link to.
      BUILDX_CONFIG: environment['BUILDX_CONFIG'] || join(original, 'buildx'),
    },
  };
}

/** Puts a plugin of `docker` into a private folder, in place of the runner's own and beside its others. */
export async function linkPlugin({ folder }: DockerConfig, name: string, path: string): Promise<void> {
  const plugins = join(folder, 'cli-plugins');
  // Only a link to the runner's own folder, which has to stay as it is.
  const original = await realpath(plugins).catch(() => undefined);
  await rm(plugins, { force: true });
  await mkdir(plugins);
  const others =
    original === undefined ? [] : (await readdir(original)).map((other) => join(original, other));
  for (const other of others) {
    if (basename(other) !== name) await symlink(other, join(plugins, basename(other)));
  }
  await symlink(path, join(plugins, name));
}

/** An empty helper stands for the file itself: docker/cli, cli/config/configfile, getConfiguredCredentialStore. */
function privateDockerConfig(config: JsonObject, logins: readonly RegistryLogin[]): JsonObject {
  const own = logins.map(({ registry, username, password }) => {
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    return [registryConfigKey(registry), { auth }] as const;
  });
  return {
    ...config,
    auths: { ...asObject(config['auths']), ...Object.fromEntries(own) },
    credHelpers: {
      ...asObject(config['credHelpers']),
      ...Object.fromEntries(own.map(([key]) => [key, ''])),
    },
  };
}

/** Whether `config.json` has credentials for a registry, or a helper for it. */
export function hasCredentials(config: JsonObject, registry: string): boolean {
  const key = registryConfigKey(registry);
  if (asText(asObject(config['credHelpers'])[key]) !== undefined) return true;
  return asObject(config['auths'])[key] !== undefined;
}

/** @throws ConfigurationError when the file exists and can't be read */
export async function readDockerConfig(folder: string): Promise<JsonObject> {
  const path = join(folder, 'config.json');
  const json = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw new ConfigurationError(`docker's own configuration can't be read: ${messageOf(error)}`);
  });
  try {
    return asObject(JSON.parse(json));
  } catch {
    throw new ConfigurationError(`${path} is not valid JSON. Fix or remove it; docker can't read it either.`);
  }
}
