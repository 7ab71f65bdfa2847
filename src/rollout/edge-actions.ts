import { fallbackAddresses } from '../edge/addresses.ts';
import { checkDomainNames, checkDomainOwners, readDomainOwners, setDomains } from '../edge/domains.ts';
import { ensureEdge, removeEdge } from '../edge/edge.ts';
import { type EdgeSpec, edgeFingerprint } from '../edge/edge-spec.ts';
import { ensureFront, observeFront, removeUnusedFront } from '../edge/front.ts';
import type { Engine } from '../engine/engine.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import type { Release, ReleaseOutline } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { findAddresses } from './route-addresses.ts';
import { createMissingNetworks } from './slots.ts';

/** The edge, the front and the domains of an app on a host. */

/** The edge that a release's routes need. */
function edgeSpec({ app, environment, routes, trustedProxies }: Release): EdgeSpec {
  return {
    app,
    environment,
    ...(trustedProxies === undefined ? {} : { trustedProxies }),
    routes: routes.map(({ id, published, domains, protocol, sendProxy, upstream }) => ({
      ...{ id, published, socket: domains.length > 0 },
      ...(protocol === undefined ? {} : { protocol }),
      ...(sendProxy === undefined ? {} : { sendProxy }),
      ...(upstream === undefined ? {} : { upstream }),
    })),
  };
}

/** The same without a way in: it can ask the release, and traffic can be switched to it. */
const closedSpec = (spec: EdgeSpec): EdgeSpec => ({
  ...spec,
  routes: spec.routes.map(({ upstream, ...route }) => ({ ...route, published: [], socket: false })),
});

/** `undefined`: the release has no routes and needs no edge. */
export const requiredEdgeFingerprint = (release: Release): string | undefined =>
  release.routes.length === 0 ? undefined : edgeFingerprint(edgeSpec(release));

/**
 * Creates, starts or replaces the edge for the routes of a release. It also routes to the release that has the traffic now,
 * unless `resetTraffic`: then no release has traffic.
 */
export async function ensureEdgeForRelease(
  context: HostContext,
  { release: id, resetTraffic, closed }: Action<'ensure-edge'>,
): Promise<undefined> {
  const desired = releaseById(context, id);
  const spec = edgeSpec(desired);
  const findAddressesOf: Parameters<typeof ensureEdge>[3] = async (live) => {
    const release = context.releases.get(live);
    if (release === undefined) return new Map();
    return fallbackAddresses(desired.routes, release, await findAddresses(context, release));
  };
  // Those on which proxies reach the edge.
  if (!closed && desired.routes.some(({ upstream }) => upstream !== undefined))
    await createMissingNetworks(context.engine, desired);
  const find = resetTraffic ? undefined : findAddressesOf;
  context.runState.edge = await ensureEdge(
    context.engine,
    closed ? closedSpec(spec) : spec,
    context.settings,
    find,
    (message) => context.log.warning(message),
  );
}

/** Removes the app's edge. The state in its volume stays. */
export async function removeAppEdge({ engine, appEnvironment, runState }: HostContext): Promise<undefined> {
  runState.edge = undefined;
  await removeEdge(engine, appEnvironment);
}

/** Starts the host's front for domains if it does not run. */
export async function ensureFrontRuns({ engine, appEnvironment, settings }: HostContext): Promise<undefined> {
  await ensureFront(engine, appEnvironment, settings.edgeImage, settings.acme);
}

/** Removes the front if no app on the host has a domain. */
export async function removeFrontIfUnused({ engine }: HostContext): Promise<string> {
  return (await removeUnusedFront(engine)) ? 'removed' : 'still needed';
}

/** Route by domain. */
const domainsOf = ({ routes }: Pick<Release, 'routes'>): ReadonlyMap<string, string> =>
  new Map(routes.flatMap(({ id, domains }) => domains.map((domain) => [domain, id] as const)));

/** Routes exactly a release's domains to this app; none without a release. Without a front there are none to remove. */
export async function routeDomains(
  context: HostContext,
  id: ReleaseId | undefined,
): Promise<string | undefined> {
  const { engine, appEnvironment } = context;
  const front = await observeFront(engine);
  if (front === undefined) return undefined;
  const domains = id === undefined ? new Map<string, string>() : domainsOf(releaseById(context, id));
  await setDomains(engine, front.id, appEnvironment, domains);
  return [...domains.keys()].join(', ') || 'none';
}

/**
 * Checks, before anything is changed, that a release's domains are free or already this app's.
 * @throws ConfigurationError or HostError naming the domain and its owner
 */
export async function checkDomainsFree(engine: Engine, release: ReleaseOutline): Promise<void> {
  const domains = [...domainsOf(release).keys()];
  if (domains.length === 0) return;
  checkDomainNames(domains);
  const front = await observeFront(engine);
  if (front === undefined) return;
  checkDomainOwners(engine.host, release, await readDomainOwners(engine, front.id), domains);
}
