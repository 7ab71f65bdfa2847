import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import { ConfigurationError } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import {
  baseProject,
  type ConfidentialValues,
  LABEL,
  type Release,
  type ReleaseId,
  type ReleaseOutline,
  type ServiceName,
} from '../model/release.ts';
import { confidentialVariables } from '../release/definition-fingerprints.ts';
import { baseObjects, renderBase } from '../release/make-release.ts';
import { awaitHealthy } from './await-healthy.ts';
import { isOneOff, serviceOf } from './compose-labels.ts';
import { hasHealthcheck } from './container-verdict.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { inspectAll } from './inspect.ts';
import { requireConfidential, runComposeWithTimeout } from './run-compose.ts';

/**
 * Makes the networks and volumes that are missing, brings up accessories, and waits for what the release asks of them
 * (`depends_on` with `service_healthy` or `service_completed_successfully`). What is there already is left alone, but for
 * those that are to be made `anew`: they are replaced, keep their volumes, and must then be healthy or stay up.
 */
export async function ensureAccessories(
  context: HostContext,
  id: ReleaseId,
  services: readonly ServiceName[],
  recreate: readonly ServiceName[] = [],
): Promise<string | undefined> {
  const release = releaseById(context, id);
  await ensureNetworksAndVolumes(context, release);
  const missing = services.filter((name) => !recreate.includes(name));
  if (missing.length > 0) await composeUpAccessories(context, release, ['--no-recreate', ...missing]);
  // Compose's own comparison does not see that the content of a secret has changed.
  if (recreate.length > 0)
    await composeUpAccessories(context, release, ['--force-recreate', '--no-deps', ...recreate]);
  await awaitAccessories(context, release, [...missing, ...recreate], recreate);
  return recreate.length === 0 ? undefined : `${recreate.join(', ')} made anew`;
}

function composeUpAccessories(
  context: HostContext,
  release: Release,
  args: readonly string[],
): Promise<void> {
  return runComposeWithTimeout(
    context,
    baseProject(release),
    renderBase(release),
    confidentialForAccessories(context, release),
    ['up', '--detach', '--no-build', ...args],
    release.health.timeout,
  );
}

/**
 * What the accessories' secrets and configs hold. For a release of an earlier run, whose contents were never kept, this
 * run's stand in where their names are the same: to take an update back is worth more than a secret of before.
 */
function confidentialForAccessories(context: HostContext, release: Release): ConfidentialValues {
  const known = context.confidential.get(release.id);
  if (known !== undefined) return known;
  const others = [...context.confidential.values()];
  const needed = confidentialVariables(release.base, Object.keys(release.base.services));
  const stand = others.find((contents) => needed.every((name) => contents.has(name)));
  return stand ?? (needed.length === 0 ? new Map() : requireConfidential(context, release.id));
}

async function ensureNetworksAndVolumes(context: HostContext, release: Release): Promise<void> {
  const { volumes } = baseObjects(release);
  await Promise.all([
    createMissingNetworks(context, release),
    ...volumes.map((volume) => context.engine.createVolume(volume)),
  ]);
}

/** Makes the networks of the base project that are missing; external ones are not its own. */
export async function createMissingNetworks(context: HostContext, release: Release): Promise<void> {
  const existing = new Set((await context.engine.listNetworks([])).map((network) => network.name));
  const missing = baseObjects(release).networks.filter((network) => !existing.has(network.Name));
  await Promise.all(missing.map((network) => createNetworkUnlessExists(context, network)));
}

async function createNetworkUnlessExists(
  context: HostContext,
  spec: Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    await context.engine.createNetwork(spec);
  } catch (error) {
    // Another run made it in between: that is what was wanted.
    if (!(error instanceof Conflict)) throw error;
  }
}

async function awaitAccessories(
  context: HostContext,
  release: Release,
  services: readonly ServiceName[],
  recreate: readonly ServiceName[],
): Promise<void> {
  const conditions = new Map(
    release.conditions
      .filter(({ service, condition }) => services.includes(service) && condition !== 'service_started')
      .map(({ service, condition }) => [service, condition]),
  );
  if (conditions.size === 0 && recreate.length === 0) return;
  const containers = await accessoryContainers(context);
  const expectations = containers.flatMap((container) => {
    const service = serviceOf(container) ?? '';
    const condition = conditions.get(service);
    const replaced =
      recreate.includes(service) && (hasHealthcheck(container) || isLongRunning(release, service));
    if (condition === undefined && !replaced) return [];
    const oneShot = condition === 'service_completed_successfully';
    return [{ container, service, oneShot, probe: undefined, mustSettle: true }];
  });
  if (expectations.length > 0) await awaitHealthy(context, expectations, release.health.timeout);
}

/** Whether an accessory is meant to run on: one without a restart policy may be a job that ends. */
function isLongRunning(release: Release, name: ServiceName): boolean {
  const restart = asText(asObject(release.base.services[name])['restart']);
  return restart === 'always' || restart === 'unless-stopped';
}

async function accessoryContainers(context: HostContext): Promise<readonly ContainerDetails[]> {
  const projectContainers = await context.engine.listContainers([
    `com.docker.compose.project=${baseProject(context.appEnvironment)}`,
  ]);
  return inspectAll(
    context.engine,
    projectContainers.filter((each) => each.labels[LABEL.release] === undefined && !isOneOff(each)),
  );
}

/**
 * Networks and volumes that the Compose file calls external must be on the host: looked for before anything is changed.
 * @throws ConfigurationError naming what is missing and how to make it.
 */
export async function checkExternals(engine: Engine, release: ReleaseOutline): Promise<void> {
  const { networks, volumes } = baseObjects(release).external;
  if (networks.length === 0 && volumes.length === 0) return;
  const [existing, found] = await Promise.all([
    networks.length === 0 ? [] : engine.listNetworks([]),
    Promise.all(volumes.map(async (name) => [name, await engine.inspectVolume(name)] as const)),
  ]);
  const known = new Set(existing.map((network) => network.name));
  const missing = [
    ...networks.filter((name) => !known.has(name)).map((name) => `network create ${name}`),
    ...found.filter(([, volume]) => volume === undefined).map(([name]) => `volume create ${name}`),
  ];
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${engine.host}: the Compose file calls external what is not there. Make it on the host (${missing.map((each) => `docker ${each}`).join('; ')}), or leave "external" out.`,
  );
}
