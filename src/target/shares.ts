import { type Addresses, mixed } from '../edge/addresses.ts';
import { drainAddresses } from '../edge/drain.ts';
import { observeEdge, runningEdge } from '../edge/edge.ts';
import { clearSlot, divide, type Standing, switchTo } from '../edge/switch.ts';
import type { Release, ReleaseId, Slot } from '../model/release.ts';
import { formatShare } from '../model/share.ts';
import type { Action, Placed, Replicas } from '../plan/steps.ts';
import { addressesOf, atEveryEdge, atLeastOne, type Choose, someAddressesOf } from './addresses.ts';
import { containersOf } from './containers.ts';
import { afterFirst, firstOf, meant } from './part.ts';
import { releaseById, type Work } from './work.ts';

/** Which release gets which requests: what moves them, and the wait for those that are still on their way. */

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;

/** The container of the running edge. */
export async function edgeOfWork(work: Work): Promise<string> {
  return runningEdge(work.engine, await observeEdge(work.engine, work.of));
}

async function standing(work: Work, { release, slot }: Placed): Promise<Standing> {
  const record = releaseById(work, release);
  return { release, slot, addresses: atEveryEdge(work, record, await addressesOf(work, record)) };
}

/** Sends all requests to a release. */
export async function moveTraffic(work: Work, to: Placed): Promise<string> {
  const [container, { addresses }] = await Promise.all([edgeOfWork(work), standing(work, to)]);
  await switchTo(work.engine, container, to.slot, to.release, addresses);
  noteMoved(work, to.release);
  return `all requests go to ${to.slot}`;
}

/** Sends a share of the visitors to a release. */
export async function shareTraffic(work: Work, action: ActionOf<'share'>): Promise<string> {
  const [container, canary, others] = await Promise.all([
    edgeOfWork(work),
    standing(work, action),
    standing(work, action.others),
  ]);
  await divide(work.engine, container, canary, action.share, others);
  noteMoved(work, action.release, action.others.release);
  return `${formatShare(action.share)} of the visitors go to ${action.slot}, all others to ${action.others.slot}`;
}

/** Sends the requests of a slot to replicas of two releases. */
export async function mixTraffic(work: Work, action: ActionOf<'mix'>): Promise<string> {
  const release = releaseById(work, action.release);
  const { with: guests } = action;
  const some = async (of: Release, choose: Choose): Promise<Addresses> =>
    atEveryEdge(work, of, await someAddressesOf(work, of, choose));
  const [container, ours, theirs] = await Promise.all([
    edgeOfWork(work),
    some(release, (all) => afterFirst(all, action.gone)),
    guests === undefined
      ? new Map()
      : some(releaseById(work, guests.release), (all) => firstOf(all, guests.only)),
  ]);
  const addresses = atLeastOne(work, release, mixed(ours, theirs, action.share));
  await switchTo(work.engine, container, action.slot, action.release, addresses);
  noteMoved(work, action.release, ...(guests === undefined ? [] : [guests.release]));
  const count = (of: ReadonlyMap<string, readonly string[]>): number =>
    new Set([...of.values()].flat().map((address) => address.slice(0, address.lastIndexOf(':')))).size;
  return guests === undefined
    ? `requests go to ${containers(count(ours))} of ${action.release}`
    : `requests go to ${containers(count(theirs))} of ${guests.release} and ${count(ours)} of ${action.release}`;
}

/** Takes a slot's release out of the edge's files; where no edge runs there is nobody to read them. */
export async function clear(work: Work, slot: Slot): Promise<undefined> {
  const state = await observeEdge(work.engine, work.of);
  if (state.state === 'running') await clearSlot(work.engine, state.containerId, slot);
}

/**
 * Waits for the requests in flight to a release's containers, as long as the drain may take. Connections are what counts: in a
 * rolling deploy the list of one slot leads to containers of two releases, so Caddy's numbers per slot don't tell.
 */
export async function drainTraffic(work: Work, of: Placed & Replicas): Promise<string> {
  const left = work.kept.drained.has(of.release)
    ? 0
    : await leftInFlight(work, of, work.hurry ? 0 : work.settings.drainTimeout);
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
export async function leftInFlight(
  work: Work,
  of: Placed & Replicas,
  timeout: number,
): Promise<number | undefined> {
  const state = await observeEdge(work.engine, work.of);
  if (state.state !== 'running') return undefined;
  const containers = meant(await containersOf(work, of.release), of);
  const addresses = containers.flatMap(({ networks }) =>
    Object.values(networks).flatMap(({ address, address6 = '' }) => [address, address6]),
  );
  return drainAddresses(work.engine, state.containerId, addresses, timeout, work.signal);
}

/** Requests are led elsewhere: the releases that get some now are no longer drained. */
function noteMoved({ kept }: Work, ...to: readonly ReleaseId[]): void {
  kept.moved = performance.now();
  for (const id of to) kept.drained.delete(id);
}

const containers = (count: number): string => (count === 1 ? '1 container' : `${count} containers`);
