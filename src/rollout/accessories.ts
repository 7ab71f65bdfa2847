import { upstreamAddresses, upstreamHosts } from '../edge/upstreams.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { baseProject, LABEL, upstreamKey } from '../model/app-environment.ts';
import type { ComposeConfig } from '../model/compose-config.ts';
import { ConfigurationError, HostError, messageWithoutHost } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, asStrings, asText, mapValues } from '../model/json.ts';
import type { Ending, Release, ReleaseOutline } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import { baseObjects, renderBase } from '../release/make-release.ts';
import { awaitHealthy, type HealthExpectation } from './await-healthy.ts';
import { isOneOff, serviceOf } from './compose-labels.ts';
import { hasHealthcheck } from './container-health.ts';
import { inspectAll } from './containers.ts';
import { lastLogLines } from './evidence.ts';
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
  const config = await withUpstreamHosts(engine, release, renderBase(release));
  const start = async (...args: readonly string[]): Promise<void> => {
    const confidential = accessoryConfidential(context, release);
    const up = ['up', '--detach', '--no-build', ...args];
    const { timeout } = release.health;
    await runCompose(context, baseProject(release), config, confidential, up, { timeout });
  };
  if (missing.length > 0) await start('--no-recreate', ...missing);
  // Forced: Compose does not notice that the content of a secret has changed.
  if (recreate.length > 0) await start('--force-recreate', '--no-deps', ...recreate);
  await awaitAccessories(context, release, missing, recreate);
  return recreate.length === 0 ? undefined : `${recreate.join(', ')} recreated`;
}

/**
/**
 * Proxies have the edge's address in their /etc/hosts, too. When a server starts, a proxy may be there before the edge; by Docker's
 * DNS alone it would find a container of the release then, and keep its address.
 */
async function withUpstreamHosts(
  engine: Engine,
  release: Release,
  base: ComposeConfig,
): Promise<ComposeConfig> {
  const upstreams = release.routes.flatMap(({ upstream }) => upstream ?? []);
  if (upstreams.length === 0) return base;
  const addresses = await upstreamAddresses(engine, release);
  const services = mapValues(base.services, (service) => {
    const networks = asObject(service['networks']);
    const own = upstreams.filter((upstream) => upstreamKey(upstream) in networks);
    const hosts = [...new Set(upstreamHosts(own, addresses))];
    return hosts.length === 0
      ? service
      : { ...service, extra_hosts: [...asStrings(service['extra_hosts']), ...hosts] };
  });
  return { ...base, services };
}

/**
 * Waits for what the release asks of accessories that this run has started, and for the end of those that end. One that only
 * optional dependencies ask for may fail: then the log has a warning.
 */
async function awaitAccessories(
  context: HostContext,
  release: Release,
  missing: readonly ServiceName[],
  recreate: readonly ServiceName[],
): Promise<void> {
  const started = [...missing, ...recreate].filter(
    (name) => recreate.includes(name) || isWaitedFor(release, name),
  );
  if (started.length === 0) return;
  const expectations: HealthExpectation[] = [];
  for (const container of await inspectAll(context.engine, await listAccessories(context))) {
    const service = serviceOf(container) ?? '';
    if (!started.includes(service)) continue;
    const ending = endingOfAccessory(release, service);
    const staysUp = hasHealthcheck(container) || isLongRunning(release, service);
    if (!isWaitedFor(release, service) && !staysUp) continue;
    expectations.push({ container, service, ending, probe: undefined, mustSettle: true });
  }
  const isOptional = ({ service }: HealthExpectation): boolean => {
    const awaited = release.conditions.filter(
      (each) => each.service === service && each.condition !== 'service_started',
    );
    return awaited.length > 0 && awaited.every(({ optional }) => optional === true);
  };
  await awaitAll(
    context,
    release,
    expectations.filter((each) => !isOptional(each)),
  );
  for (const each of expectations.filter(isOptional)) {
    await awaitAll(context, release, [each]).catch((error: unknown) => {
      if (!(error instanceof HostError) || context.signal.aborted) throw error;
      context.log.warning(`${error.message} It is optional, so the release starts without it.`);
    });
  }
}

async function awaitAll(
  context: HostContext,
  release: Release,
  expectations: readonly HealthExpectation[],
): Promise<void> {
  if (expectations.length === 0) return;
  try {
    await awaitHealthy(context, expectations, release.health.timeout);
  } catch (error) {
    if (!(error instanceof HostError) || context.engine.disconnected.aborted) throw error;
    const { host } = context.engine;
    const evidence = await failureLines(context, expectations);
    throw new HostError(host, messageWithoutHost(host, error), { evidence, cause: error });
  }
}

/** The last lines of those that ended with another exit code than 0. The release's own containers are reported elsewhere. */
async function failureLines(
  context: HostContext,
  expectations: readonly HealthExpectation[],
): Promise<readonly string[]> {
  const now = await inspectAll(
    context.engine,
    expectations.map(({ container }) => container),
  );
  const failed = now.filter(({ state, exitCode }) => state !== 'running' && exitCode !== 0);
  const lines = await Promise.all(failed.map(({ id }) => lastLogLines(context, id)));
  return lines.flat();
}

/** Whether the release starts only when an accessory is healthy or has ended. */
const isWaitedFor = (release: Release, name: ServiceName): boolean =>
  endingOfAccessory(release, name) === 'always' ||
  release.conditions.some(({ service, condition }) => service === name && condition !== 'service_started');

function endingOfAccessory({ conditions, accessoryEndings }: Release, name: ServiceName): Ending {
  const completes = conditions.some(
    ({ service, condition }) => service === name && condition === 'service_completed_successfully',
  );
  return completes ? 'always' : (accessoryEndings?.[name] ?? 'never');
}

/** The containers of the accessories on the host. */
export async function listAccessories({
  engine,
  appEnvironment,
}: Pick<HostContext, 'engine' | 'appEnvironment'>): Promise<readonly ContainerSummary[]> {
  const project = await engine.listContainers([`com.docker.compose.project=${baseProject(appEnvironment)}`]);
  return project.filter(({ labels }) => labels[LABEL.release] === undefined && !isOneOff({ labels }));
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
