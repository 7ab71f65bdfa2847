import { ConfigurationError } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import { DOCKER_HUB, loginAdvice, registryOf } from '../model/registry.ts';
import { readDockerConfig, runnerDockerFolder } from '../registry/docker-config.ts';
import type { BuildPlan } from './build-plan.ts';
import type { ImageContext } from './image-context.ts';

/**
 * Checks before a build that images with a name of Docker Hub can be pushed there. Docker takes a name without a registry for
 * one of Docker Hub, so such a name is often not meant as an address; and Docker Hub lets nobody push without a login.
 * @throws ConfigurationError that names the image and what to write
 */
export async function requireDockerHubLogin(
  { items }: Pick<BuildPlan, 'items'>,
  { environment }: Pick<ImageContext, 'environment'>,
): Promise<void> {
  const pushed = items.flatMap(({ image: { service, repository, otherRepositories } }) =>
    [repository, ...otherRepositories].map((name) => ({ service, name })),
  );
  const found = pushed.find(({ name }) => registryOf(name) === DOCKER_HUB);
  if (found === undefined || (await hasLogin(environment))) return;
  const { service, name } = found;
  throw new ConfigurationError(
    `image: ${name}${service === '' ? '' : ` of service ${service}`} would be pushed to Docker Hub, and there is no login for ${DOCKER_HUB}. If another registry is meant, write its name before it. If Docker Hub is meant, ${loginAdvice(DOCKER_HUB)}.`,
  );
}

/** Whether docker may find a login, in its own file or with a helper. */
async function hasLogin(environment: ImageContext['environment']): Promise<boolean> {
  if (environment['DOCKER_AUTH_CONFIG']) return true;
  const config = await readDockerConfig(runnerDockerFolder(environment));
  if (asText(config['credsStore']) !== undefined) return true;
  const known = { ...asObject(config['auths']), ...asObject(config['credHelpers']) };
  return Object.keys(known).some((key) => key.includes(DOCKER_HUB));
}
