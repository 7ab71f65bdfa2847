import type { Engine } from '../engine/engine.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, asText } from '../model/json.ts';
import { baseProject, LABEL, type Release, type ReleaseOutline } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import { baseObjects, renderBase } from '../release/make-release.ts';
import { awaitHealthy, type HealthExpectation } from './await-healthy.ts';
import { isOneOff, serviceOf } from './compose-labels.ts';
import { hasHealthcheck } from './container-health.ts';
import { inspectAll } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { accessoryConfidential, runCompose } from './run-compose.ts';
import { createMissingNetworks } from './slots.ts';

/**
 * Creates missing networks and volumes, starts missing accessories, and waits for the conditions that the release asks for
 * (`depends_on` with `service_healthy` or `service_completed_successfully`). Existing accessories are left alone. Those in
 * `recreate` are replaced, keep their volumes, and must then be healthy or keep running.
 */
export async function ensureAccessories(
  context: HostContext,
  action: Action<'ensure-accessories'>,
): Promise<string | undefined> {
  const { engine } = context;
  const release = releaseById(context, action.release);
  const { recreate = [] } = action;
  const missing = action.services.filter((name) => !recreate.includes(name));
  await Promise.all([
    createMissingNetworks(engine, release),
    ...baseObjects(release).volumes.map((volume) => engine.createVolume(volume)),
  ]);
  const start = async (...args: readonly string[]): Promise<void> => {
    const confidential = accessoryConfidential(context, release);
    const up = ['up', '--detach', '--no-build', ...args];
    const { timeout } = release.health;
    await runCompose(context, baseProject(release), renderBase(release), confidential, up, { timeout });
  };
  if (missing.length > 0) await start('--no-recreate', ...missing);
  // Forced: Compose does not notice that the content of a secret has changed.
  if (recreate.length > 0) await start('--force-recreate', '--no-deps', ...recreate);
  await awaitAccessories(context, release, missing, recreate);
  return recreate.length === 0 ? undefined : `${recreate.join(', ')} recreated`;
}

async function awaitAccessories(
  context: HostContext,
  release: Release,
  missing: readonly ServiceName[],
  recreate: readonly ServiceName[],
): Promise<void> {
  const started = [...missing, ...recreate];
  const conditions = new Map(
    release.conditions
      .filter(({ service, condition }) => started.includes(service) && condition !== 'service_started')
      .map(({ service, condition }) => [service, condition]),
  );
  if (conditions.size === 0 && recreate.length === 0) return;
  const { engine, appEnvironment } = context;
  const project = await engine.listContainers([`com.docker.compose.project=${baseProject(appEnvironment)}`]);
  const accessories = project.filter(
    ({ labels }) => labels[LABEL.release] === undefined && !isOneOff({ labels }),
  );
  const expectations: HealthExpectation[] = [];
  for (const container of await inspectAll(engine, accessories)) {
    const service = serviceOf(container) ?? '';
    const condition = conditions.get(service);
    const staysUp = hasHealthcheck(container) || isLongRunning(release, service);
    if (condition === undefined && !(recreate.includes(service) && staysUp)) continue;
    const oneShot = condition === 'service_completed_successfully';
    expectations.push({ container, service, oneShot, probe: undefined, mustSettle: true });
  }
  if (expectations.length > 0) await awaitHealthy(context, expectations, release.health.timeout);
}

/** Whether an accessory should keep running. One without a restart policy may be a job that ends. */
function isLongRunning({ base }: Release, name: ServiceName): boolean {
  const restart = asText(asObject(base.services[name])['restart']);
  return restart === 'always' || restart === 'unless-stopped';
}

/**
 * Checks, before anything is changed, that networks and volumes that the Compose file calls external exist on the host.
 * @throws ConfigurationError naming what is missing and how to create it
 */
export async function checkExternals(engine: Engine, release: ReleaseOutline): Promise<void> {
  const { networks, volumes } = baseObjects(release).external;
  if (networks.length === 0 && volumes.length === 0) return;
  const [existing, found] = await Promise.all([
    networks.length === 0 ? [] : engine.listNetworks([]),
    Promise.all(volumes.map(async (name) => ({ name, volume: await engine.inspectVolume(name) }))),
  ]);
  const missing = [
    ...networks
      .filter((name) => !existing.some((network) => network.name === name))
      .map((name) => `docker network create ${name}`),
    ...found.filter(({ volume }) => volume === undefined).map(({ name }) => `docker volume create ${name}`),
  ];
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${engine.host}: the Compose file declares networks or volumes as external that do not exist. Create them on the host (${missing.join('; ')}), or remove "external".`,
  );
}
