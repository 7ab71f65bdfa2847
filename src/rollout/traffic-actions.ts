import { isDeepStrictEqual } from 'node:util';
import { mixAddresses, type RouteAddresses } from '../edge/addresses.ts';
import { drainAddresses, drainConnections } from '../edge/drain.ts';
import { observeEdge, runningEdgeId } from '../edge/edge.ts';
import { clearSlot, type SlotUpstreams, splitVisitors, switchToSlot } from '../edge/switch-traffic.ts';
import { Conflict, NotFound } from '../engine/errors.ts';
import type { Slot } from '../model/app-environment.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { formatPercent } from '../model/percent.ts';
import { isTcpRoute } from '../model/route.ts';
import type { Action, ReleaseInSlot } from '../plan/actions.ts';
import type { ReplicaRange } from '../plan/replica-counts.ts';
import { allOrThrow, inBackground } from '../run/promises.ts';
import { listReplicas } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import type { KnownContainer } from './known-containers.ts';
import { selectReplicas } from './replica-selection.ts';
import { addressesOfFormer, findAllAddresses, requireAddressPerRoute } from './route-addresses.ts';

/** Move traffic between releases, and wait for the requests in flight. */

/** @throws HostError when no edge runs */
export async function requireEdgeContainer({ engine, appEnvironment }: HostContext): Promise<string> {
  return runningEdgeId(engine, await observeEdge(engine, appEnvironment));
}

/**
 * Uses the edge that the run knows; if that does not run any more, the one that does.
 * @returns `undefined` if no edge runs
 */
async function onRunningEdge<Result>(
  context: HostContext,
  use: (edge: string) => Promise<Result>,
): Promise<{ readonly result: Result } | undefined> {
  const { engine, appEnvironment, runState } = context;
  if (runState.edge !== undefined) {
    try {
      return { result: await use(runState.edge) };
    } catch (error) {
      if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
    }
  }
  const found = await observeEdge(engine, appEnvironment);
  runState.edge = found.state === 'running' ? found.containerId : undefined;
  return runState.edge === undefined ? undefined : { result: await use(runState.edge) };
}

/** @throws HostError when no edge runs */
async function onEdge<Result>(context: HostContext, use: (edge: string) => Promise<Result>): Promise<Result> {
  const used = await onRunningEdge(context, use);
  return used === undefined ? await use(await requireEdgeContainer(context)) : used.result;
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
  const { addresses } = await resolveUpstreams(context, to);
  const direction = isFormer(context, to.release) ? 'back' : 'forward';
  await onEdge(context, (edge) =>
    switchToSlot(context.engine, edge, to.slot, to.release, addresses, direction),
  );
  recordTrafficChange(context, to.release);
  return `all requests go to ${to.slot}`;
}

/** Sends a share of the visitors to a release and all others to the baseline. */
export async function splitTraffic(context: HostContext, action: Action<'split-traffic'>): Promise<string> {
  const { share, slot, release, baseline } = action;
  const [canary, others] = await Promise.all([
    resolveUpstreams(context, action),
    resolveUpstreams(context, baseline),
  ]);
  await onEdge(context, (edge) => splitVisitors(context.engine, edge, canary, share, others));
  recordTrafficChange(context, release, baseline.release);
  return `${formatPercent(share)} of the visitors go to ${slot}, all others to ${baseline.slot}`;
}

/** Sends the requests of a slot to the remaining replicas of its release and to the first replicas of another one. */
export async function balanceReplicas(
  context: HostContext,
  { release: id, slot, share, removedReplicas, newRelease }: Action<'balance-replicas'>,
): Promise<string> {
  const release = releaseById(context, id);
  const [remaining, added] = await Promise.all([
    findAllAddresses(context, release, { after: removedReplicas }),
    newRelease === undefined
      ? new Map()
      : findAllAddresses(context, releaseById(context, newRelease.release), newRelease),
  ]);
  const mixed = mixAddresses(remaining, added, share);
  const complete = isFormer(context, id) ? addressesOfFormer : requireAddressPerRoute;
  const addresses = await complete(context, release, mixed);
  const direction = newRelease === undefined ? 'back' : 'forward';
  await onEdge(context, (edge) => switchToSlot(context.engine, edge, slot, id, addresses, direction));
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
  const { engine, waitStatus, runState } = context;
  const end = performance.now() + timeout;
  const drain = async (
    addresses: readonly string[],
    limit: number,
    signal = context.signal,
  ): Promise<number | undefined> => {
    const [requests, connections] = await allOrThrow([
      onRunningEdge(context, (edge) => drainAddresses(engine, edge, addresses, limit, signal)),
      drainStreams(context, replicas.release, addresses, limit, signal),
    ]);
    return requests === undefined ? undefined : requests.result + connections;
  };
  // A container keeps its addresses unless it was started again, so the drain begins while they are looked up.
  const known = addressesOf(selectReplicas(runState.knownContainers.of(replicas.release), replicas));
  const outdated = new AbortController();
  const early =
    known.length === 0
      ? undefined
      : inBackground(drain(known, timeout, AbortSignal.any([context.signal, outdated.signal])));
  let addresses = known;
  waitStatus.limit = timeout;
  waitStatus.look = async () => `${(await drain(addresses, 0)) ?? 0} still in flight`;
  try {
    addresses = addressesOf(await listReplicas(context, replicas));
    if (early !== undefined && isDeepStrictEqual(addresses, known)) return await early;
  } finally {
    outdated.abort(new Error('Its addresses are others.'));
    await early?.catch(() => undefined);
  }
  return await drain(addresses, Math.max(0, Math.ceil(end - performance.now())));
}

/** The same for the connections of a TCP edge, which only a release has of which a port is passed through. */
async function drainStreams(
  { engine, appEnvironment, releases }: HostContext,
  release: ReleaseId,
  addresses: readonly string[],
  timeout: number,
  signal: AbortSignal,
): Promise<number> {
  if (releases.get(release)?.routes.some(isTcpRoute) !== true) return 0;
  const edge = await observeEdge(engine, appEnvironment);
  if (edge.state === 'absent' || edge.tcpEdgeId === undefined) return 0;
  return await drainConnections(engine, edge.tcpEdgeId, addresses, timeout, signal);
}

const addressesOf = (containers: readonly KnownContainer[]): readonly string[] =>
  containers.flatMap(({ addresses = [] }) => addresses).toSorted();

/** Releases that get requests from now on are no longer drained. */
function recordTrafficChange({ runState }: HostContext, ...releases: readonly ReleaseId[]): void {
  runState.lastChangeAt = performance.now();
  for (const id of releases) runState.drainedReleases.delete(id);
}
