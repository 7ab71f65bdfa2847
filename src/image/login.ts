import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { type PinnedImage, registryOf, repositoryOf } from '../model/image.ts';
import type { RegistryCredentials, RegistryLogin } from '../model/request.ts';
import type { StepContext } from '../model/step-context.ts';
import { programEnvironment } from '../run/environment.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retryTransient, TransientError } from '../run/retry.ts';
import { isAccessDenied, isEngineUnreachable, isTransient, lastStderrLine } from './build-errors.ts';
import {
  type DockerConfig,
  hasCredentials,
  makeDockerConfig,
  readDockerConfig,
  runnerDockerFolder,
} from './docker-config.ts';
import { isPlainHttpError, plainHttpError } from './plain-http.ts';

/** GitHub's own registry, which accepts the job's token. */
const GITHUB_REGISTRY = 'ghcr.io';

/**
 * Logs in to the registries of these repositories with the given credentials. The job's own token is used for ghcr.io only if
 * the runner has no credentials for it. The folder is removed with `step.folder`.
 *
 * @throws ConfigurationError that names the inputs when a registry refuses; SealiftError when it can't be reached
 */
export async function loginToRegistries(
  credentials: RegistryCredentials,
  repositories: Iterable<string>,
  step: StepContext,
  {
    environment = programEnvironment(),
    retryPolicy = DEFAULT_RETRY_POLICY,
    signal,
  }: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly retryPolicy?: RetryPolicy;
    readonly signal?: AbortSignal;
  } = {},
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

/** The environment in which `docker` can pull a release's images. */
export async function registryEnvironment(
  credentials: RegistryCredentials,
  { services }: { readonly services: Readonly<Record<string, { readonly image: PinnedImage }>> },
  step: StepContext,
): Promise<Readonly<Record<string, string>>> {
  const repositories = Object.values(services).map(({ image }) => repositoryOf(image));
  return (await loginToRegistries(credentials, repositories, step)).environment;
}

/**
 * Chooses the registries to log in to for these repositories. The user's login is for the only registry, or for the only one
 * beside ghcr.io, which gets the job's token. For other registries the runner's own credentials are used.
 *
 * @throws ConfigurationError when one login would be for several registries
 */
function chooseLogins(
  { login, token }: RegistryCredentials,
  repositories: Iterable<string>,
): readonly RegistryLogin[] {
  const registries = [...new Set([...repositories].map(registryOf))];
  const others = registries.filter((registry) => registry !== GITHUB_REGISTRY);
  const logins: RegistryLogin[] = [];
  if (login !== undefined) {
    if (others.length > 1) {
      throw new ConfigurationError(
        `registry-username: the images are in several registries (${others.join(', ')}), and one login can't serve several registries. Log in to them with docker/login-action before this step, and remove "registry-username" and "registry-password".`,
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
