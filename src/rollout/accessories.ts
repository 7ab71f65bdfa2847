import { upstreamAddresses, upstreamHosts } from '../edge/upstreams.ts';
import type { Engine } from '../engine/engine.ts';
import { baseProject, upstreamKey } from '../model/app-environment.ts';
import type { ComposeConfig } from '../model/compose-config.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asObject, asStrings, mapValues } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import { baseObjects, renderBase } from '../release/make-release.ts';
import { startGroups } from '../release/start-order.ts';
import { awaitAccessories } from './await-accessories.ts';
import { fillFileVolumes } from './file-volumes.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { replaceAccessories } from './replace-accessories.ts';
import { accessoryConfidential, runCompose } from './run-compose.ts';
import { createMissingNetworks } from './slots.ts';
import { withoutDependenciesOn } from './without-dependencies.ts';

/**
 * Creates missing networks and volumes, starts missing accessories, and waits for the conditions that the release asks for
 * (`depends_on` with `service_healthy` or `service_completed_successfully`). Existing accessories are left alone. Those in
 * `recreate` are replaced, keep their volumes, and must then be healthy or keep running.
 */
export async function ensureAccessories(
  context: HostContext,
  action: Action<'ensure-accessories'>,
): Promise<string | undefined> {
  const release = releaseById(context, action.release);
  const { recreate = [] } = action;
  const missing = action.services.filter((name) => !recreate.includes(name));
  const config = await prepareAccessories(context, release);
  const start = async (project: ComposeConfig, ...args: readonly string[]): Promise<void> => {
    const confidential = accessoryConfidential(context, release);
    const up = ['up', '--detach', '--no-build', ...args];
    const { timeout } = release.health;
    await runCompose(context, baseProject(release), project, confidential, up, { timeout });
  };
  const ready = new Set<ServiceName>();
  for (const group of startGroups(config.services, missing)) {
    await start(withoutDependenciesOn(config, ready), '--no-recreate', ...group);
    for (const name of group) ready.add(name);
    await awaitAccessories(context, release, group);
  }
  if (recreate.length === 0) return undefined;
  await replaceAccessories(context, release, action, (...args) => start(config, ...args));
  return `${recreate.join(', ')} recreated`;
}

/** The project of the accessories of a release, with the networks and volumes that it needs. */
export async function prepareAccessories({ engine }: HostContext, release: Release): Promise<ComposeConfig> {
  const { volumes } = baseObjects(release);
  await Promise.all([
    createMissingNetworks(engine, release),
    ...volumes.map((volume) => engine.createVolume(volume)),
  ]);
  await fillFileVolumes(engine, release);
  return withUpstreamHosts(engine, release, renderBase(release));
}

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
