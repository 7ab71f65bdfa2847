import type { Addresses } from '../edge/addresses.ts';
import { type EdgeSpec, edgeFingerprint } from '../edge/config.ts';
import { checkDomains, checkOwners, readDomains, setDomains } from '../edge/domains.ts';
import { ensureEdge, removeEdge } from '../edge/edge.ts';
import { ensureFront, observeFront, removeUnusedFront } from '../edge/front.ts';
import { probe } from '../edge/probe.ts';
import { standIn } from '../edge/stand-in.ts';
import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { Health, Outline, Release, ReleaseId } from '../model/release.ts';
import { someAddressesOf } from './addresses.ts';
import { edgeOfWork } from './shares.ts';
import { releaseById, type Work } from './work.ts';

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
export function edgeOf(release: Release): string | undefined {
  return release.routes.length === 0 ? undefined : edgeFingerprint(edgeSpec(release));
}

/**
 * Makes, starts or replaces the edge, as the routes of a release need it. What has the traffic until then is found by it as well;
 * where it `forgets`, nothing has.
 */
export async function makeEdge(work: Work, id: ReleaseId, forgets = false): Promise<undefined> {
  const wanted = releaseById(work, id);
  const whereStands = async (standing: ReleaseId): Promise<Addresses> => {
    const release = work.releases.get(standing);
    if (release === undefined) return new Map();
    return standIn(wanted.routes, release, await someAddressesOf(work, release, (all) => all));
  };
  const { engine, settings } = work;
  await ensureEdge(engine, edgeSpec(wanted), settings.edgeImage, forgets ? undefined : whereStands);
}

/** Removes the app's edge; the state in its volume stays. */
export async function dropEdge(work: Work): Promise<undefined> {
  await removeEdge(work.engine, work.of);
}

/**
 * Asks a container from the edge, by the network that requests will take, until it answers.
 * @throws HostError with its last answer when the time of the health check is over.
 */
export async function askFromEdge(
  work: Work,
  target: string,
  health: Health,
  signal: AbortSignal,
): Promise<void> {
  const container = await edgeOfWork(work);
  const answers = await probe(work.engine, container, [target], {
    path: health.path,
    timeout: health.timeout,
    signal,
  });
  const answer = answers.get(target);
  if (answer?.ok === true) return;
  const asked =
    health.path === undefined ? 'does not accept connections' : `does not answer ${health.path} as expected`;
  throw new HostError(work.engine.host, `${target} ${asked}: ${answer?.failure ?? 'no answer'}.`);
}

/** The domains of a release, each with the route that it leads to. */
function domainsOf(release: Pick<Release, 'routes'>): ReadonlyMap<string, string> {
  return new Map(
    release.routes.flatMap((route) => route.domains.map((domain) => [domain, route.id] as const)),
  );
}

/** Makes sure that the host's front runs, for domains. */
export async function makeFront(work: Work): Promise<undefined> {
  await ensureFront(work.engine, work.of, work.settings.edgeImage, work.settings.acme);
}

/** Removes the front when no app on the host has a domain any more. */
export async function dropUnusedFront(work: Work): Promise<string> {
  return (await removeUnusedFront(work.engine)) ? 'removed' : 'still needed';
}

/** Lets exactly a release's domains lead to this app; where there is no front there is no domain to take away. */
export async function moveDomains(work: Work, id: ReleaseId | undefined): Promise<string | undefined> {
  const front = await observeFront(work.engine);
  if (front === undefined) return undefined;
  const domains = id === undefined ? new Map<string, string>() : domainsOf(releaseById(work, id));
  await setDomains(work.engine, front.id, work.of, domains);
  return [...domains.keys()].join(', ') || 'none';
}

/**
 * Domains must be free or this app's own, which is looked for before anything is changed.
 * @throws ConfigurationError or HostError naming the domain and whose it is.
 */
export async function checkDomainsFree(engine: Engine, release: Outline): Promise<void> {
  const wanted = domainsOf(release);
  if (wanted.size === 0) return;
  checkDomains([...wanted.keys()]);
  const front = await observeFront(engine);
  if (front === undefined) return;
  checkOwners(engine.host, release, await readDomains(engine, front.id), [...wanted.keys()]);
}
