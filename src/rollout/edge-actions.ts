import type { RouteAddresses } from '../edge/addresses.ts';
import { checkDomainNames, checkDomainOwners, readDomainOwners, setDomains } from '../edge/domains.ts';
import { ensureEdge, removeEdge } from '../edge/edge.ts';
import { type EdgeSpec, edgeFingerprint } from '../edge/edge-config.ts';
import { fallbackAddresses } from '../edge/fallback.ts';
import { ensureFront, observeFront, removeUnusedFront } from '../edge/front.ts';
import { probeContainers } from '../edge/probe.ts';
import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { HealthSettings, Release, ReleaseId, ReleaseOutline } from '../model/release.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { findAddresses } from './route-addresses.ts';
import { requireEdgeContainer } from './traffic-actions.ts';

/** What the traffic of an app needs on a host, in the words of a plan: the edge's room does it. */

/** The edge that a release's routes need. */
export function edgeSpec(release: Release): EdgeSpec {
  return {
    app: release.app,
    environment: release.environment,
    routes: release.routes.map(({ id, published, domains }) => ({
      id,
      published,
      socket: domains.length > 0,
    })),
  };
}

/** Fingerprint of the edge that a release needs; `undefined` when it has no way in. */
export function requiredEdgeFingerprint(release: Release): string | undefined {
  return release.routes.length === 0 ? undefined : edgeFingerprint(edgeSpec(release));
}

/**
 * Makes, starts or replaces the edge, as the routes of a release need it. What has the traffic until then is found by it as well;
 * where it `forgets`, nothing has.
 */
export async function ensureEdgeForRelease(
  context: HostContext,
  id: ReleaseId,
  resetTraffic = false,
): Promise<undefined> {
  const wanted = releaseById(context, id);
  const findAddressesOf = async (standing: ReleaseId): Promise<RouteAddresses> => {
    const release = context.releases.get(standing);
    if (release === undefined) return new Map();
    return fallbackAddresses(wanted.routes, release, await findAddresses(context, release, (all) => all));
  };
  const { engine, settings } = context;
  await ensureEdge(engine, edgeSpec(wanted), settings.edgeImage, resetTraffic ? undefined : findAddressesOf);
}

/** Removes the app's edge; the state in its volume stays. */
export async function removeAppEdge(context: HostContext): Promise<undefined> {
  await removeEdge(context.engine, context.appEnvironment);
}

/**
 * Asks a container from the edge, by the network that requests will take, until it answers.
 * @throws HostError with its last answer when the time of the health check is over.
 */
export async function probeFromEdge(
  context: HostContext,
  address: string,
  health: HealthSettings,
  signal: AbortSignal,
): Promise<void> {
  const container = await requireEdgeContainer(context);
  const answers = await probeContainers(context.engine, container, [address], {
    path: health.path,
    timeout: health.timeout,
    signal,
  });
  const answer = answers.get(address);
  if (answer?.ok === true) return;
  const asked =
    health.path === undefined ? 'does not accept connections' : `does not answer ${health.path} as expected`;
  throw new HostError(context.engine.host, `${address} ${asked}: ${answer?.failure ?? 'no answer'}.`);
}

/** The domains of a release, each with the route that it leads to. */
function domainsOf(release: Pick<Release, 'routes'>): ReadonlyMap<string, string> {
  return new Map(
    release.routes.flatMap((route) => route.domains.map((domain) => [domain, route.id] as const)),
  );
}

/** Makes sure that the host's front runs, for domains. */
export async function ensureFrontRuns(context: HostContext): Promise<undefined> {
  await ensureFront(
    context.engine,
    context.appEnvironment,
    context.settings.edgeImage,
    context.settings.acme,
  );
}

/** Removes the front when no app on the host has a domain any more. */
export async function removeFrontIfUnused(context: HostContext): Promise<string> {
  return (await removeUnusedFront(context.engine)) ? 'removed' : 'still needed';
}

/** Lets exactly a release's domains lead to this app; where there is no front there is no domain to take away. */
export async function routeDomains(
  context: HostContext,
  id: ReleaseId | undefined,
): Promise<string | undefined> {
  const front = await observeFront(context.engine);
  if (front === undefined) return undefined;
  const domains = id === undefined ? new Map<string, string>() : domainsOf(releaseById(context, id));
  await setDomains(context.engine, front.id, context.appEnvironment, domains);
  return [...domains.keys()].join(', ') || 'none';
}

/**
 * Domains must be free or this app's own, which is looked for before anything is changed.
 * @throws ConfigurationError or HostError naming the domain and whose it is.
 */
export async function checkDomainsFree(engine: Engine, release: ReleaseOutline): Promise<void> {
  const wanted = domainsOf(release);
  if (wanted.size === 0) return;
  checkDomainNames([...wanted.keys()]);
  const front = await observeFront(engine);
  if (front === undefined) return;
  checkDomainOwners(engine.host, release, await readDomainOwners(engine, front.id), [...wanted.keys()]);
}
