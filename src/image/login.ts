import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { RegistryCredentials, RegistryLogin } from '../model/credentials.ts';
import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { type PinnedImage, repositoryOf } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace, thisRunner } from '../model/place-words.ts';
import { GITHUB_REGISTRY, loginLines, registryOf } from '../model/registry.ts';
import type { Origin } from '../model/release.ts';
import type { StepContext } from '../model/step-context.ts';
import {
  type DockerConfig,
  hasCredentials,
  makeDockerConfig,
  readDockerConfig,
  runnerDockerFolder,
} from '../registry/docker-config.ts';
import { RegistryClient } from '../registry/registry-client.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { programEnvironment } from '../run/environment.ts';
import { allOrThrow } from '../run/promises.ts';
import {
  DEFAULT_RETRY_POLICY,
  type RetryPolicy,
  retryTransient,
  TransientError,
  waitRefusal,
} from '../run/retry.ts';
import { plainHttpError } from './plain-http.ts';

interface LoginOptions {
  /** Of the programs. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly retryPolicy?: RetryPolicy;
  readonly signal?: AbortSignal;
  /** Called for a registry that can't be asked whether it accepts its login, which then stays. Left out: that is an error. */
  readonly onUnreachable?: (error: SealiftError) => void;
  /** Asks a registry whether it accepts the login in an environment. Replaced in tests. */
  readonly check?: (registry: string, environment: Readonly<Record<string, string>>) => Promise<void>;
}

/**
 * Gives each registry that the inputs name its login, which it must accept. ghcr.io gets the job's own token if one of the
 * repositories is there and the runner has no credentials for it; for other registries the runner's own credentials are used. The
 * folder is removed with `step.folder`.
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
    onUnreachable,
    check = (registry, own) =>
      RegistryClient.of({ environment: own, run: step.run }).checkLogin(registry, signal),
  }: LoginOptions = {},
): Promise<DockerConfig> {
  const present = await readDockerConfig(runnerDockerFolder(environment));
  const logins = chooseLogins(credentials, repositories).filter(
    (login) => !isJobToken(login, credentials) || !hasCredentials(present, login.registry),
  );
  const folder = join(step.folder, `docker-${randomUUID().slice(0, 8)}`);
  const config = await makeDockerConfig(folder, logins, environment);
  await allOrThrow(
    logins.map((login) =>
      retryTransient(
        `Logging in to ${login.registry}`,
        () =>
          proveLogin(login, isJobToken(login, credentials), check(login.registry, config.environment), step),
        { log: step.log, retryPolicy, signal },
      ).catch((error: unknown) => {
        const isRefused = error instanceof ConfigurationError || !(error instanceof SealiftError);
        if (isRefused || onUnreachable === undefined || signal?.aborted) throw error;
        onUnreachable(error);
      }),
    ),
  );
  return config;
}

/** The images of a release of an earlier run. */
interface RecordedImages {
  readonly id: string;
  readonly origin: Origin;
  readonly services: Readonly<Record<string, { readonly image: PinnedImage }>>;
}

/**
 * The environment in which `docker` can pull a release's images. A registry that is down is asked once and then in no way: another host may have
 * the images, and otherwise the pull says what fails.
 */
export async function registryEnvironment(
  credentials: RegistryCredentials,
  release: RecordedImages,
  step: StepContext,
  options?: LoginOptions,
): Promise<Readonly<Record<string, string>>> {
  const repositories = Object.values(release.services).map(({ image }) => repositoryOf(image));
  const named = nameLogin(credentials, release, repositories);
  const login = await loginToRegistries(named, repositories, step, {
    retryPolicy: { ...DEFAULT_RETRY_POLICY, attempts: 1 },
    onUnreachable: ({ message }) =>
      step.log.info(`${message} The login is kept without having been checked.`),
    ...options,
  });
  return login.environment;
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
      `registry-username: it does not say which registry it is for. "${inputRef('image')}" is not set, and only the Compose file names ${other}. If it is for ${other}, write ${loginLines(other)}.`,
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

/** Proves a login that is in the private folder, before anything is built or pulled with it. */
async function proveLogin(
  { registry, username }: RegistryLogin,
  byToken: boolean,
  checked: Promise<void>,
  { log }: StepContext,
): Promise<void> {
  try {
    await checked;
    log.info(`Logged in to ${registry} as ${username}.`);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw explainLoginError(registry, byToken, error);
  }
}

function explainLoginError(registry: string, byToken: boolean, { failure, message }: RegistryError): Error {
  const evidence = [message];
  if (failure.kind === 'denied') {
    return new ConfigurationError(
      byToken
        ? `github-token: ${registry} refuses the login with ${byPlace('the job\'s token. Give the job "permissions: packages: write", or set', 'this token. Give one that may write packages, or set')} "${inputRef('registry-username')}" and "${inputRef('registry-password')}". The registry answered: ${message}`
        : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries need a token in place of the password. The registry answered: ${message}`,
      { evidence },
    );
  }
  if (failure.kind === 'plain-http') return plainHttpError(registry, evidence);
  const wait = failure.kind === 'temporary' ? failure.wait : undefined;
  const unreachable = new SealiftError(
    `The registry ${registry} can't be reached: ${message}.${waitRefusal(wait)} Check its name in the input "${inputRef('image')}", and that ${thisRunner()} may reach it.`,
    { evidence },
  );
  return failure.kind === 'temporary' ? new TransientError(unreachable, { wait }) : unreachable;
}
