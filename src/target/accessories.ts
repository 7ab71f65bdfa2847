import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import { ConfigurationError } from '../model/errors.ts';
import {
  baseProject,
  LABEL,
  type Outline,
  type Release,
  type ReleaseId,
  type ServiceName,
} from '../model/release.ts';
import { baseObjects, renderBase } from '../release/make.ts';
import { compose, confidentialOf } from './compose.ts';
import { awaitHealthy } from './health.ts';
import { inspectAll } from './inspect.ts';
import { isOneOff, serviceOf } from './labels.ts';
import { releaseById, type Work } from './work.ts';

/**
 * Makes the networks and volumes that are missing, brings up accessories, and waits for what the release asks of them
 * (`depends_on` with `service_healthy` or `service_completed_successfully`). What is there already is left alone.
 */
export async function bringUpAccessories(
  work: Work,
  id: ReleaseId,
  services: readonly ServiceName[],
): Promise<string | undefined> {
  const release = releaseById(work, id);
  await makeObjects(work, release);
  if (services.length === 0) return undefined;
  const up = ['up', '--detach', '--no-build', '--no-recreate', ...services];
  await compose(
    work,
    baseProject(release),
    renderBase(release),
    confidentialOf(work, id),
    up,
    release.health.timeout,
  );
  await awaitConditions(work, release, services);
  return undefined;
}

async function makeObjects(work: Work, release: Release): Promise<void> {
  const { volumes } = baseObjects(release);
  await Promise.all([
    makeMissingNetworks(work, release),
    ...volumes.map((volume) => work.engine.createVolume(volume)),
  ]);
}

/** Makes the networks of the base project that are missing; external ones are not its own. */
export async function makeMissingNetworks(work: Work, release: Release): Promise<void> {
  const there = new Set((await work.engine.listNetworks([])).map((network) => network.name));
  const missing = baseObjects(release).networks.filter((network) => !there.has(network.Name));
  await Promise.all(missing.map((network) => createNetwork(work, network)));
}

async function createNetwork(work: Work, spec: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await work.engine.createNetwork(spec);
  } catch (error) {
    // Another run made it in between: that is what was wanted.
    if (!(error instanceof Conflict)) throw error;
  }
}

async function awaitConditions(
  work: Work,
  release: Release,
  services: readonly ServiceName[],
): Promise<void> {
  const asked = release.conditions.filter(
    ({ service, condition }) => services.includes(service) && condition !== 'service_started',
  );
  if (asked.length === 0) return;
  const containers = await accessoryContainers(work);
  const expectations = asked.flatMap(({ service, condition }) =>
    containers
      .filter((container) => serviceOf(container) === service)
      .map((container) => ({
        container,
        service,
        oneShot: condition === 'service_completed_successfully',
        ask: undefined,
        mustSettle: true,
      })),
  );
  await awaitHealthy(work, expectations, release.health.timeout);
}

async function accessoryContainers(work: Work): Promise<readonly ContainerDetails[]> {
  const mine = await work.engine.listContainers([`com.docker.compose.project=${baseProject(work.of)}`]);
  return inspectAll(
    work.engine,
    mine.filter((each) => each.labels[LABEL.release] === undefined && !isOneOff(each)),
  );
}

/**
 * Networks and volumes that the Compose file calls external must be on the host: looked for before anything is changed.
 * @throws ConfigurationError naming what is missing and how to make it.
 */
export async function checkExternals(engine: Engine, release: Outline): Promise<void> {
  const { networks, volumes } = baseObjects(release).external;
  if (networks.length === 0 && volumes.length === 0) return;
  const [there, found] = await Promise.all([
    networks.length === 0 ? [] : engine.listNetworks([]),
    Promise.all(volumes.map(async (name) => [name, await engine.inspectVolume(name)] as const)),
  ]);
  const known = new Set(there.map((network) => network.name));
  const missing = [
    ...networks.filter((name) => !known.has(name)).map((name) => `network create ${name}`),
    ...found.filter(([, volume]) => volume === undefined).map(([name]) => `volume create ${name}`),
  ];
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${engine.host}: the Compose file calls external what is not there. Make it on the host (${missing.map((each) => `docker ${each}`).join('; ')}), or leave "external" out.`,
  );
}
