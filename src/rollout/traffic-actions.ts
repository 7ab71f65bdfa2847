import { mixAddresses, type RouteAddresses } from '../edge/addresses.ts';
import { observeEdge } from '../edge/edge.ts';
import {
  clearSlot,
  type SlotUpstreams,
  splitVisitors,
  switchAndDrain,
  switchToSlot,
} from '../edge/switch-traffic.ts';
import type { Slot } from '../model/app-environment.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { formatPercent } from '../model/percent.ts';
import type { Action, ReleaseInSlot } from '../plan/actions.ts';
import { drainAfterSwitch } from './begun-drain.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { addressesOfFormer, findAllAddresses, requireAddressPerRoute } from './route-addresses.ts';
import { onEdge } from './running-edge.ts';

/** What moves traffic between releases. */

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
  const drain = drainAfterSwitch(context, to.release);
  if (drain !== undefined) await switchAndBeginDrain(context, { ...to, addresses }, drain);
  else {
    const direction = isFormer(context, to.release) ? 'back' : 'forward';
    await onEdge(context, (edge) =>
      switchToSlot(context.engine, edge, to.slot, to.release, addresses, direction),
    );
  }
  recordTrafficChange(context, to.release);
  return `all requests go to ${to.slot}`;
}

async function switchAndBeginDrain(
  context: HostContext,
  to: SlotUpstreams,
  drain: NonNullable<ReturnType<typeof drainAfterSwitch>>,
): Promise<void> {
  const { release, addresses, timeout, stop } = drain;
  const following = { addresses, timeout, signal: stop.signal };
  const { left } = await onEdge(context, (edge) => switchAndDrain(context.engine, edge, to, following));
  context.runState.begunDrain = { release, addresses, stop, since: performance.now(), left };
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

/** Releases that get requests from now on are no longer drained. */
function recordTrafficChange({ runState }: HostContext, ...releases: readonly ReleaseId[]): void {
  runState.lastChangeAt = performance.now();
  if (releases.some((id) => id === runState.begunDrain?.release)) runState.begunDrain = undefined;
  for (const id of releases) runState.drainedReleases.delete(id);
}
