import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import { repositoryOf } from '../model/image.ts';
import type { Release } from '../model/release.ts';
import type { RegistryCredentials, RegistryLogin } from '../model/request.ts';
import type { Tools } from '../model/tools.ts';
import { programEnvironment } from '../run/environment.ts';
import { isAccessDenied, isEngineUnreachable, isTransient } from './build-errors.ts';
import { chooseLogins } from './choose-logins.ts';
import { type DockerConfig, hasCredentials, makeDockerConfig, readDockerConfig } from './docker-config.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy, retryTransient, TransientError } from './retry.ts';

/**
 * Logs in to the registries of these repositories, as far as something to log in with was given. The job's own token is
 * used for ghcr.io only where the runner has no credentials for it. The folder goes with `tools.folder`.
 *
 * @throws ConfigurationError naming the inputs when a registry refuses; SealiftError when it can't be reached.
 */
export async function loginToRegistries(
  credentials: RegistryCredentials,
  repositories: Iterable<string>,
  tools: Tools,
  options: {
    readonly environment?: Readonly<Record<string, string>>;
    readonly retryPolicy?: RetryPolicy;
    readonly signal?: AbortSignal;
  } = {},
): Promise<DockerConfig> {
  const environment = options.environment ?? programEnvironment();
  const present = await readDockerConfig(
    environment['DOCKER_CONFIG'] || join(environment['HOME'] || homedir(), '.docker'),
  );
  const logins = chooseLogins(credentials, repositories).filter(
    (each) => !isJobToken(each, credentials) || !hasCredentials(present, each.registry),
  );
  const folder = join(tools.folder, `docker-${randomUUID().slice(0, 8)}`);
  const config = await makeDockerConfig(
    folder,
    logins.map(({ registry }) => registry),
    environment,
  );
  const { retryPolicy = DEFAULT_RETRY_POLICY, signal } = options;
  for (const each of logins) {
    await retryTransient(
      `Logging in to ${each.registry}`,
      () => dockerLogin(each, credentials, config, tools, signal),
      {
        log: tools.log,
        retryPolicy,
        signal,
      },
    );
  }
  return config;
}

/** The environment in which `docker` may pull a release's images. */
export async function registryEnvironment(
  credentials: RegistryCredentials,
  release: Release,
  tools: Tools,
): Promise<Readonly<Record<string, string>>> {
  const repositories = Object.values(release.services).map(({ image }) => repositoryOf(image));
  return (await loginToRegistries(credentials, repositories, tools)).environment;
}

function isJobToken({ username, password }: RegistryLogin, { token }: RegistryCredentials): boolean {
  return token !== undefined && username === token.username && password === token.password;
}

async function dockerLogin(
  each: RegistryLogin,
  credentials: RegistryCredentials,
  config: DockerConfig,
  tools: Tools,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { registry, username, password } = each;
  const server = registry === 'docker.io' ? [] : [registry];
  const args = ['login', '--username', username, '--password-stdin', ...server];
  tools.log.debug(`docker ${args.join(' ')}`);
  try {
    await tools.run('docker', args, {
      env: config.environment,
      stdin: password,
      ...(signal === undefined ? {} : { signal }),
    });
    tools.log.info(`Logged in to ${registry} as ${username}.`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw explainLoginError(registry, isJobToken(each, credentials), error);
  }
}

function explainLoginError(registry: string, byToken: boolean, error: CommandError): Error {
  const reply = (error.stderr.trim().split('\n').at(-1) ?? '').replace(/^Error response from daemon:\s*/, '');
  const { evidence } = error;
  if (isEngineUnreachable(reply)) {
    return new SealiftError(`No Docker engine answers on the runner: ${reply}`, { evidence });
  }
  // A refusal also says that the answer to a GET was 401, so it is looked for first.
  if (isAccessDenied(reply)) {
    return new ConfigurationError(
      byToken
        ? `github-token: ${registry} refuses the login with the job's token. Give the job "permissions: packages: write", or set registry-username and registry-password. It said: ${reply}`
        : `registry-username, registry-password: ${registry} refuses the login. Check both; many registries want a token in place of the password. It said: ${reply}`,
      { evidence },
    );
  }
  if (/HTTP response to HTTPS client/.test(reply)) {
    return new ConfigurationError(
      `image: the registry ${registry} speaks plain HTTP. Give it a certificate, or name it in "insecure-registries" of the engine on the runner and of each host.`,
      { evidence },
    );
  }
  const unreachable = new SealiftError(
    `The registry ${registry} can't be reached: ${reply} Is its name right in input image, and may this runner reach it?`,
    { evidence },
  );
  return isTransient(reply) ? new TransientError(unreachable) : unreachable;
}
