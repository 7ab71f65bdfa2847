import { mixAddresses, type RouteAddresses } from '../edge/addresses.ts';
import { drainAddresses } from '../edge/drain.ts';
import { observeEdge, runningEdgeId } from '../edge/edge.ts';
import { clearSlot, type SlotUpstreams, splitVisitors, switchToSlot } from '../edge/switch-traffic.ts';
import type { Slot } from '../model/app-environment.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { formatPercent } from '../model/percent.ts';
import type { Action, ReleaseInSlot } from '../plan/actions.ts';
import type { ReplicaRange } from '../plan/replica-counts.ts';
import { inspectReplicas } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { addressesOfFormer, findAllAddresses, requireAddressPerRoute } from './route-addresses.ts';

/** Move traffic between releases, and wait for the requests in flight. */

/** @throws HostError when no edge runs */
export async function requireEdgeContainer({ engine, appEnvironment }: HostContext): Promise<string> {
  return runningEdgeId(engine, await observeEdge(engine, appEnvironment));
}

/** @throws HostError when a route of a release that is to go live has no running container */
async function resolveUpstreams(
  context: HostContext,
  { release: id, slot }: ReleaseInSlot,
): Promise<SlotUpstreams> {
  const release = releaseById(context, id);
  const running = await findAllAddresses(context, release);
  const complete = isFormer(context, id) ? addressesOfFormer : requireAddressPerRoute;
  return { release: id, slot, addresses: await complete(context, release, running) };
}

/** Whether a release had requests before this run, or is gone back to by its recovery: it may have dead services. */
const isFormer = ({ live, desired }: HostContext, id: ReleaseId): boolean => id === live || id !== desired;

/** Sends all requests to a release. */
export async function switchTraffic(context: HostContext, to: ReleaseInSlot): Promise<string> {
  const [edge, { addresses }] = await Promise.all([
    requireEdgeContainer(context),
    resolveUpstreams(context, to),
  ]);
  const direction = isFormer(context, to.release) ? 'back' : 'forward';
  await switchToSlot(context.engine, edge, to.slot, to.release, addresses, direction);
  recordTrafficChange(context, to.release);
  return `all requests go to ${to.slot}`;
}

/** Sends a share of the visitors to a release and all others to the baseline. */
export async function splitTraffic(context: HostContext, action: Action<'split-traffic'>): Promise<string> {
  const { share, slot, release, baseline } = action;
  const [edge, canary, others] = await Promise.all([
    requireEdgeContainer(context),
    resolveUpstreams(context, action),
    resolveUpstreams(context, baseline),
  ]);
  await splitVisitors(context.engine, edge, canary, share, others);
  recordTrafficChange(context, release, baseline.release);
  return `${formatPercent(share)} of the visitors go to ${slot}, all others to ${baseline.slot}`;
}

/** Sends the requests of a slot to the remaining replicas of its release and to the first replicas of another one. */
export async function balanceReplicas(
  context: HostContext,
  { release: id, slot, share, removedReplicas, newRelease }: Action<'balance-replicas'>,
): Promise<string> {
  const release = releaseById(context, id);
  const [edge, remaining, added] = await Promise.all([
    requireEdgeContainer(context),
    findAllAddresses(context, release, { after: removedReplicas }),
    newRelease === undefined
      ? new Map()
      : findAllAddresses(context, releaseById(context, newRelease.release), newRelease),
  ]);
  const mixed = mixAddresses(remaining, added, share);
  const complete = isFormer(context, id) ? addressesOfFormer : requireAddressPerRoute;
  const addresses = await complete(context, release, mixed);
  const direction = newRelease === undefined ? 'back' : 'forward';
  await switchToSlot(context.engine, edge, slot, id, addresses, direction);
  if (newRelease === undefined) {
    recordTrafficChange(context, id);
    return `requests go to ${containersText(remaining)} of ${id}`;
  }
  recordTrafficChange(context, id, newRelease.release);
  return `requests go to ${containersText(added)} of ${newRelease.release} and ${containerCount(remaining)} of ${id}`;
}

/** A container can have several routes, with an address for each. */
const containerCount = (addresses: RouteAddresses): number =>
  new Set([...addresses.values()].flat().map((each) => each.slice(0, each.lastIndexOf(':')))).size;

function containersText(addresses: RouteAddresses): string {
  const count = containerCount(addresses);
  return count === 1 ? '1 container' : `${count} containers`;
}

/** Removes a slot's release from the edge's files. If no edge runs, nothing reads them. */
export async function clearSlotRouting(
  { engine, appEnvironment }: HostContext,
  slot: Slot,
): Promise<undefined> {
  const edge = await observeEdge(engine, appEnvironment);
  if (edge.state === 'running') await clearSlot(engine, edge.containerId, slot);
}

/** Waits for the requests in flight to a release's containers, for as long as `drain-timeout` allows. */
export async function drainTraffic(
  context: HostContext,
  replicas: ReleaseInSlot & ReplicaRange,
): Promise<string> {
  const { runState, jobCancelled, settings } = context;
  const left = runState.drainedReleases.has(replicas.release)
    ? 0
    : await waitForDrain(context, replicas, jobCancelled ? 0 : settings.drainTimeout);
  if (left === undefined) return 'no edge, nothing to wait for';
  if (left === 0) return 'no request in flight';
  return `${left === 1 ? '1 request was' : `${left} requests were`} still in flight when the drain ended`;
}

/**
 * Waits until nothing is in flight to a release's containers, or `timeout` milliseconds are over. It counts connections: in
 * a rolling deploy one slot sends requests to two releases, which Caddy's figures per slot can't tell apart.
 *
 * @returns how many requests and open streams are left; `undefined` if no edge runs, so that none can be counted
 */
export async function waitForDrain(
  context: HostContext,
  replicas: ReleaseInSlot & ReplicaRange,
  timeout: number,
): Promise<number | undefined> {
  const { engine, appEnvironment, signal, waitStatus } = context;
  const [edge, containers] = await Promise.all([
    observeEdge(engine, appEnvironment),
    inspectReplicas(context, replicas),
  ]);
  if (edge.state !== 'running') return undefined;
  const attachments = containers.flatMap(({ networks }) => Object.values(networks));
  const addresses = attachments.flatMap(({ ipv4, ipv6 = '' }) => [ipv4, ipv6]);
  waitStatus.limit = timeout;
  waitStatus.look = async () =>
    `${await drainAddresses(engine, edge.containerId, addresses, 0, signal)} still in flight`;
  return drainAddresses(engine, edge.containerId, addresses, timeout, signal);
}

/** Releases that get requests from now on are no longer drained. */
function recordTrafficChange({ runState }: HostContext, ...releases: readonly ReleaseId[]): void {
  runState.lastChangeAt = performance.now();
  for (const id of releases) runState.drainedReleases.delete(id);
}
