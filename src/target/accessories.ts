import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import { ConfigurationError } from '../model/errors.ts';
import {
  baseProject,
  type Confidential,
  LABEL,
  type Outline,
  type Release,
  type ReleaseId,
  type ServiceName,
} from '../model/release.ts';
import { object, text } from '../release/compose/data.ts';
import { variablesFor } from '../release/definitions.ts';
import { baseObjects, renderBase } from '../release/make.ts';
import { compose, confidentialOf } from './compose.ts';
import { awaitHealthy } from './health.ts';
import { inspectAll } from './inspect.ts';
import { checksItself } from './judge.ts';
import { isOneOff, serviceOf } from './labels.ts';
import { releaseById, type Work } from './work.ts';

/**
 * Makes the networks and volumes that are missing, brings up accessories, and waits for what the release asks of them
 * (`depends_on` with `service_healthy` or `service_completed_successfully`). What is there already is left alone, but for
 * those that are to be made `anew`: they are replaced, keep their volumes, and must then be healthy or stay up.
 */
export async function bringUpAccessories(
  work: Work,
  id: ReleaseId,
  services: readonly ServiceName[],
  anew: readonly ServiceName[] = [],
): Promise<string | undefined> {
  const release = releaseById(work, id);
  await makeObjects(work, release);
  const missing = services.filter((name) => !anew.includes(name));
  if (missing.length > 0) await up(work, release, ['--no-recreate', ...missing]);
  // Compose's own comparison does not see that the content of a secret has changed.
  if (anew.length > 0) await up(work, release, ['--force-recreate', '--no-deps', ...anew]);
  await awaitAccessories(work, release, [...missing, ...anew], anew);
  return anew.length === 0 ? undefined : `${anew.join(', ')} made anew`;
}

function up(work: Work, release: Release, args: readonly string[]): Promise<void> {
  return compose(
    work,
    baseProject(release),
    renderBase(release),
    contentsFor(work, release),
    ['up', '--detach', '--no-build', ...args],
    release.health.timeout,
  );
}

/**
 * What the accessories' secrets and configs hold. For a release of an earlier run, whose contents were never kept, this
 * run's stand in where their names are the same: to take an update back is worth more than a secret of before.
 */
function contentsFor(work: Work, release: Release): Confidential {
  const known = work.confidential.get(release.id);
  if (known !== undefined) return known;
  const others = [...work.confidential.values()];
  const needed = variablesFor(release.base, Object.keys(release.base.services));
  const stand = others.find((contents) => needed.every((name) => contents.has(name)));
  return stand ?? (needed.length === 0 ? new Map() : confidentialOf(work, release.id));
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

async function awaitAccessories(
  work: Work,
  release: Release,
  services: readonly ServiceName[],
  anew: readonly ServiceName[],
): Promise<void> {
  const conditions = new Map(
    release.conditions
      .filter(({ service, condition }) => services.includes(service) && condition !== 'service_started')
      .map(({ service, condition }) => [service, condition]),
  );
  if (conditions.size === 0 && anew.length === 0) return;
  const containers = await accessoryContainers(work);
  const expectations = containers.flatMap((container) => {
    const service = serviceOf(container) ?? '';
    const condition = conditions.get(service);
    const replaced = anew.includes(service) && (checksItself(container) || staysUp(release, service));
    if (condition === undefined && !replaced) return [];
    const oneShot = condition === 'service_completed_successfully';
    return [{ container, service, oneShot, ask: undefined, mustSettle: true }];
  });
  if (expectations.length > 0) await awaitHealthy(work, expectations, release.health.timeout);
}

/** Whether an accessory is meant to run on: one without a restart policy may be a job that ends. */
function staysUp(release: Release, name: ServiceName): boolean {
  const restart = text(object(release.base.services[name])['restart']);
  return restart === 'always' || restart === 'unless-stopped';
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
