import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { RegistryCredentials, RegistryLogin } from '../model/credentials.ts';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { type PinnedImage, repositoryOf } from '../model/image.ts';
import { GITHUB_REGISTRY, loginLines, registryOf } from '../model/registry.ts';
import type { Origin } from '../model/release.ts';
import type { StepContext } from '../model/step-context.ts';
import { programEnvironment } from '../run/environment.ts';
import { isAccessDenied, isTransient } from '../run/registry-errors.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retryTransient, TransientError } from '../run/retry.ts';
import { isEngineUnreachable, lastStderrLine } from './build-errors.ts';
import {
  type DockerConfig,
  hasCredentials,
  makeDockerConfig,
  readDockerConfig,
  runnerDockerFolder,
} from './docker-config.ts';
import { isPlainHttpError, plainHttpError } from './plain-http.ts';

interface LoginOptions {
  /** Of the programs. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly retryPolicy?: RetryPolicy;
  readonly signal?: AbortSignal;
}

/**
 * Logs in to the registries that the inputs name, and with the job's own token to ghcr.io if one of the repositories is there and
 * the runner has no credentials for it. For other registries the runner's own credentials are used. The folder is removed with
 * `step.folder`.
 *
 * @throws ConfigurationError that names the inputs when a registry refuses; SealiftError when it can't be reached
 */
export async function loginToRegistries(
  credentials: RegistryCredentials,
  repositories: Iterable<string>,
  step: StepContext,
  { environment = programEnvironment(), retryPolicy = DEFAULT_RETRY_POLICY, signal }: LoginOptions = {},
): Promise<DockerConfig> {
  const present = await readDockerConfig(runnerDockerFolder(environment));
  const logins = chooseLogins(credentials, repositories).filter(
    (login) => !isJobToken(login, credentials) || !hasCredentials(present, login.registry),
  );
  const folder = join(step.folder, `docker-${randomUUID().slice(0, 8)}`);
  const registries = logins.map(({ registry }) => registry);
  const config = await makeDockerConfig(folder, registries, environment);
  for (const login of logins) {
    await retryTransient(
      `Logging in to ${login.registry}`,
      () => dockerLogin(login, isJobToken(login, credentials), config, step, signal),
      { log: step.log, retryPolicy, signal },
    );
  }
  return config;
}

/** The images of a release of an earlier run. */
interface RecordedImages {
  readonly id: string;
  readonly origin: Origin;
  readonly services: Readonly<Record<string, { readonly image: PinnedImage }>>;
}

/** The environment in which `docker` can pull a release's images. */
export async function registryEnvironment(
  credentials: RegistryCredentials,
  release: RecordedImages,
  step: StepContext,
  options?: LoginOptions,
): Promise<Readonly<Record<string, string>>> {
  const repositories = Object.values(release.services).map(({ image }) => repositoryOf(image));
  const named = nameLogin(credentials, release, repositories);
  return (await loginToRegistries(named, repositories, step, options)).environment;
}

/**
 * A login without a registry is for the one that the input `image` named when the release was deployed. Releases from before that
 * was recorded have one registry, or it is not known.
 *
 * @throws ConfigurationError if it is not known
 */
function nameLogin(
  { logins, unnamed, token }: RegistryCredentials,
  { id, origin }: RecordedImages,
  repositories: readonly string[],
): RegistryCredentials {
  if (unnamed === undefined) return { logins, unnamed, token };
  const [only, ...others] = new Set(repositories.map(registryOf));
  const registry = origin.registry ?? (others.length === 0 ? only : undefined);
  if (registry !== undefined)
    return { logins: [...logins, { registry, ...unnamed }], unnamed: undefined, token };
  throw new ConfigurationError(
    `registry-username: the images of release ${id} are in several registries (${[only, ...others].join(', ')}), and it does not say which one it is for. Write ${loginLines(only ?? '')}.`,
  );
}

/**
 * A login without a registry is for ghcr.io, where images go if the input `image` names no repository. It is never for one that
 * only the Compose file names: whoever changes that file would get the password.
 *
 * @throws ConfigurationError if it seems to be meant for such a registry
 */
function chooseLogins(
  { logins, unnamed, token }: RegistryCredentials,
  repositories: Iterable<string>,
): readonly RegistryLogin[] {
  const registries = new Set([...repositories].map(registryOf));
  const other = [...registries].find((registry) => registry !== GITHUB_REGISTRY);
  if (unnamed !== undefined && other !== undefined) {
    throw new ConfigurationError(
      `registry-username: it does not say which registry it is for. "image" is not set, and only the Compose file names ${other}. If it is for ${other}, write ${loginLines(other)}.`,
    );
  }
  const chosen = unnamed === undefined ? logins : [...logins, { registry: GITHUB_REGISTRY, ...unnamed }];
  const usesToken =
    registries.has(GITHUB_REGISTRY) && !chosen.some(({ registry }) => registry === GITHUB_REGISTRY);
  return token === undefined || !usesToken ? chosen : [...chosen, { registry: GITHUB_REGISTRY, ...token }];
}

function isJobToken({ username, password }: RegistryLogin, { token }: RegistryCredentials): boolean {
  return token !== undefined && username === token.username && password === token.password;
}

async function dockerLogin(
  { registry, username, password }: RegistryLogin,
  byToken: boolean,
  { environment }: DockerConfig,
  step: StepContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  const server = registry === 'docker.io' ? [] : [registry];
  const args = ['login', '--username', username, '--password-stdin', ...server];
  try {
    await step.run('docker', args, { env: environment, stdin: password, signal });
    step.log.info(`Logged in to ${registry} as ${username}.`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw explainLoginError(registry, byToken, error);
  }
}

function explainLoginError(registry: string, byToken: boolean, error: CommandError): Error {
  const reply = lastStderrLine(error);
  const { evidence } = error;
  if (isEngineUnreachable(reply)) {
    return new SealiftError(`No Docker engine answers on the runner: ${reply}`, { evidence });
  }
  // A refusal also says that the answer to a GET was 401, so this comes first.
  if (isAccessDenied(reply)) {
    return new ConfigurationError(
      byToken
        ? `github-token: ${registry} refuses the login with the job's token. Give the job "permissions: packages: write", or set "registry-username" and "registry-password". The registry answered: ${reply}`
        : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries need a token in place of the password. The registry answered: ${reply}`,
      { evidence },
    );
  }
  if (isPlainHttpError(reply)) return plainHttpError(registry, evidence);
  const unreachable = new SealiftError(
    `The registry ${registry} can't be reached: ${reply} Check its name in the input "image", and that this runner may reach it.`,
    { evidence },
  );
  return isTransient(reply) ? new TransientError(unreachable) : unreachable;
}
