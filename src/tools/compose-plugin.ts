import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CommandError } from '../model/errors.ts';
import { byPlace } from '../model/place-words.ts';
import type { StepContext } from '../model/step-context.ts';
import {
  type DockerConfig,
  linkPlugin,
  makeDockerConfig,
  makeHostDockerConfig,
} from '../registry/docker-config.ts';
import { composeMissing, composeTooOld, isOldCompose } from '../release/compose/compose-cli.ts';
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
    return isOldCompose(stdout.trim()) ? composeTooOld() : undefined;
  } catch (error) {
    if (error instanceof CommandError) return composeMissing();
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
  step.log.info(
    `${shortcoming}. ${byPlace('This step', 'This command')} uses ${DOCKER_COMPOSE.title} ${DOCKER_COMPOSE.version} instead.`,
  );
  const { fetchTool } = await import('./fetch-tool.ts');
  return await fetchTool(DOCKER_COMPOSE, step, signal);
}

/** The environment in which `docker compose` is the plugin, if there is one: with a private folder of docker that links to it. */
export async function withComposePlugin(
  environment: DockerConfig['environment'],
  plugin: ComposePlugin,
  step: StepContext,
): Promise<DockerConfig['environment']> {
  if (plugin === undefined) return environment;
  return await linkComposePlugin(await makeDockerConfig(newFolder(step), [], environment), plugin);
}

/** The environment of `docker` for the engines of hosts: with the credentials of the runner, without its proxies. */
export async function hostEnvironment(
  environment: DockerConfig['environment'],
  plugin: ComposePlugin,
  step: StepContext,
): Promise<DockerConfig['environment']> {
  return await linkComposePlugin(await makeHostDockerConfig(newFolder(step), environment), plugin);
}

async function linkComposePlugin(
  config: DockerConfig,
  plugin: ComposePlugin,
): Promise<DockerConfig['environment']> {
  if (plugin !== undefined) await linkPlugin(config, 'docker-compose', plugin);
  return config.environment;
}

const newFolder = ({ folder }: StepContext): string => join(folder, `docker-${randomUUID().slice(0, 8)}`);
