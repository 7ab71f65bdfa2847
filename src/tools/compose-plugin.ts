import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type DockerConfig, linkPlugin, makeDockerConfig } from '../image/docker-config.ts';
import { CommandError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';
import { COMPOSE_MISSING, COMPOSE_TOO_OLD, isOldCompose } from '../release/compose/compose-cli.ts';
import { runShortProgram } from '../run/short-program.ts';
import { DOCKER_COMPOSE } from './docker-compose.ts';

/** Path of a Compose that Sealift brings for this step. `undefined`: the runner's own is used. */
export type ComposePlugin = string | undefined;

/** Why the runner's own Compose can't be used; `undefined` if it can. */
export type ComposeShortcoming = string | undefined;

/**
 * Asks the runner's own Compose for its version.
 * @throws ConfigurationError if there is no `docker` at all
 */
export async function findComposeShortcoming(
  environment?: DockerConfig['environment'],
): Promise<ComposeShortcoming> {
  try {
    const { stdout } = await runShortProgram('docker', ['compose', 'version', '--short'], environment);
    return isOldCompose(stdout.trim()) ? COMPOSE_TOO_OLD : undefined;
  } catch (error) {
    if (error instanceof CommandError) return COMPOSE_MISSING;
    throw error;
  }
}

/**
 * Brings the Compose that a runner lacks: from the tool cache, or else the pinned release. What that needs is loaded only here.
 * @throws SealiftError that says what failed and how to get Compose in another way
 */
export async function bringCompose(
  shortcoming: ComposeShortcoming,
  step: StepContext,
  signal: AbortSignal,
): Promise<ComposePlugin> {
  if (shortcoming === undefined) return undefined;
  step.log.info(`${shortcoming}. This step uses ${DOCKER_COMPOSE.title} ${DOCKER_COMPOSE.version} instead.`);
  const { fetchTool } = await import('./fetch-tool.ts');
  return await fetchTool(DOCKER_COMPOSE, step, signal);
}

/** The environment in which `docker compose` is the plugin, if there is one: with a private folder of docker that links to it. */
export async function withComposePlugin(
  environment: DockerConfig['environment'],
  plugin: ComposePlugin,
  { folder }: StepContext,
): Promise<DockerConfig['environment']> {
  if (plugin === undefined) return environment;
  const config = await makeDockerConfig(join(folder, `docker-${randomUUID().slice(0, 8)}`), [], environment);
  await linkPlugin(config, 'docker-compose', plugin);
  return config.environment;
}
