import { mixAddresses, type RouteAddresses } from '../edge/addresses.ts';
import { drainAddresses } from '../edge/drain.ts';
import { observeEdge, runningEdgeId } from '../edge/edge.ts';
import { clearSlot, type SlotUpstreams, splitVisitors, switchToSlot } from '../edge/switch-traffic.ts';
import { formatPercent } from '../model/percent.ts';
import type { Release, ReleaseId, Slot } from '../model/release.ts';
import type { Action, ReleaseInSlot, ReplicaRange } from '../plan/steps.ts';
import { inspectReleaseContainers } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { firstReplicas, replicasAfter, selectReplicas } from './replica-selection.ts';
import {
  type ContainerFilter,
  findAddresses,
  requireAddresses,
  requireAddressPerRoute,
  withFallbackAddresses,
} from './route-addresses.ts';

/** Which release gets which requests: what moves them, and the wait for those that are still on their way. */

type ActionOfKind<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;

/** The container of the running edge. */
export async function requireEdgeContainer(context: HostContext): Promise<string> {
  return runningEdgeId(context.engine, await observeEdge(context.engine, context.appEnvironment));
}

async function resolveSlotAddresses(
  context: HostContext,
  { release, slot }: ReleaseInSlot,
): Promise<SlotUpstreams> {
  const record = releaseById(context, release);
  return {
    release,
    slot,
    addresses: withFallbackAddresses(context, record, await requireAddresses(context, record)),
  };
}

/** Sends all requests to a release. */
export async function switchTraffic(context: HostContext, to: ReleaseInSlot): Promise<string> {
  const [container, { addresses }] = await Promise.all([
    requireEdgeContainer(context),
    resolveSlotAddresses(context, to),
  ]);
  await switchToSlot(context.engine, container, to.slot, to.release, addresses);
  recordTrafficChange(context, to.release);
  return `all requests go to ${to.slot}`;
}

/** Sends a share of the visitors to a release. */
export async function splitTraffic(
  context: HostContext,
  action: ActionOfKind<'split-traffic'>,
): Promise<string> {
  const [container, canary, others] = await Promise.all([
    requireEdgeContainer(context),
    resolveSlotAddresses(context, action),
    resolveSlotAddresses(context, action.baseline),
  ]);
  await splitVisitors(context.engine, container, canary, action.share, others);
  recordTrafficChange(context, action.release, action.baseline.release);
  return `${formatPercent(action.share)} of the visitors go to ${action.slot}, all others to ${action.baseline.slot}`;
}

/** Sends the requests of a slot to replicas of two releases. */
export async function balanceReplicas(
  context: HostContext,
  action: ActionOfKind<'balance-replicas'>,
): Promise<string> {
  const release = releaseById(context, action.release);
  const { newRelease } = action;
  const some = async (of: Release, choose: ContainerFilter): Promise<RouteAddresses> =>
    withFallbackAddresses(context, of, await findAddresses(context, of, choose));
  const [container, remainingAddresses, newAddresses] = await Promise.all([
    requireEdgeContainer(context),
    some(release, (all) => replicasAfter(all, action.removedReplicas)),
    newRelease === undefined
      ? new Map()
      : some(releaseById(context, newRelease.release), (all) => firstReplicas(all, newRelease.only)),
  ]);
  const addresses = requireAddressPerRoute(
    context,
    release,
    mixAddresses(remainingAddresses, newAddresses, action.share),
  );
  await switchToSlot(context.engine, container, action.slot, action.release, addresses);
  recordTrafficChange(context, action.release, ...(newRelease === undefined ? [] : [newRelease.release]));
  const count = (of: ReadonlyMap<string, readonly string[]>): number =>
    new Set([...of.values()].flat().map((address) => address.slice(0, address.lastIndexOf(':')))).size;
  return newRelease === undefined
    ? `requests go to ${containerCountText(count(remainingAddresses))} of ${action.release}`
    : `requests go to ${containerCountText(count(newAddresses))} of ${newRelease.release} and ${count(remainingAddresses)} of ${action.release}`;
}

/** Takes a slot's release out of the edge's files; where no edge runs there is nobody to read them. */
export async function clearSlotRouting(context: HostContext, slot: Slot): Promise<undefined> {
  const state = await observeEdge(context.engine, context.appEnvironment);
  if (state.state === 'running') await clearSlot(context.engine, state.containerId, slot);
}

/**
 * Waits for the requests in flight to a release's containers, as long as the drain may take. Connections are what counts: in a
 * rolling deploy the list of one slot leads to containers of two releases, so Caddy's numbers per slot don't tell.
 */
export async function drainTraffic(context: HostContext, of: ReleaseInSlot & ReplicaRange): Promise<string> {
  const left = context.runState.drainedReleases.has(of.release)
    ? 0
    : await waitForDrain(context, of, context.jobCancelled ? 0 : context.settings.drainTimeout);
  if (left === undefined) return 'no edge, nothing to wait for';
  if (left === 0) return 'no request in flight';
  return left === 1
    ? '1 request was still in flight and is cut'
    : `${left} requests were still in flight and are cut`;
}

/**
 * Waits until nothing is in flight to a release's containers, or `timeout` milliseconds are over.
 * @returns how many requests and open streams are left; `undefined` where no edge runs, so that nobody knows of any
 */
export async function waitForDrain(
  context: HostContext,
  of: ReleaseInSlot & ReplicaRange,
  timeout: number,
): Promise<number | undefined> {
  const state = await observeEdge(context.engine, context.appEnvironment);
  if (state.state !== 'running') return undefined;
  const containers = selectReplicas(await inspectReleaseContainers(context, of.release), of);
  const addresses = containers.flatMap(({ networks }) =>
    Object.values(networks).flatMap(({ ipv4: address, ipv6: address6 = '' }) => [address, address6]),
  );
  return drainAddresses(context.engine, state.containerId, addresses, timeout, context.signal);
}

/** Requests are led elsewhere: the releases that get some now are no longer drained. */
function recordTrafficChange({ runState }: HostContext, ...to: readonly ReleaseId[]): void {
  runState.lastChangeAt = performance.now();
  for (const id of to) runState.drainedReleases.delete(id);
}

const containerCountText = (count: number): string => (count === 1 ? '1 container' : `${count} containers`);
