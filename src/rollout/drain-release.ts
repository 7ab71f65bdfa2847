import { isDeepStrictEqual } from 'node:util';
import { drainAddresses, drainConnections } from '../edge/drain.ts';
import { observeEdge } from '../edge/edge.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { isTcpRoute } from '../model/route.ts';
import type { ReleaseInSlot } from '../plan/actions.ts';
import type { ReplicaRange } from '../plan/replica-counts.ts';
import { allOrThrow, inBackground } from '../run/promises.ts';
import { addressesOf, takeBegunDrain } from './begun-drain.ts';
import { listReplicas } from './containers.ts';
import type { HostContext } from './host-context.ts';
import { selectReplicas } from './replica-selection.ts';
import { onRunningEdge } from './running-edge.ts';

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
      drainTcpConnections(context, replicas.release, addresses, limit, signal),
    ]);
    return requests === undefined ? undefined : requests.result + connections;
  };
  // A container keeps its addresses unless it was started again, so the drain begins while they are looked up.
  const known = addressesOf(selectReplicas(runState.knownContainers.of(replicas.release), replicas));
  const outdated = new AbortController();
  const either = AbortSignal.any([context.signal, outdated.signal]);
  const drainRest = (): Promise<number | undefined> =>
    drain(known, Math.max(0, Math.ceil(end - performance.now())), either);
  const begun = takeBegunDrain(context, replicas.release, known, either);
  const early =
    known.length === 0
      ? undefined
      : inBackground(begun === undefined ? drainRest() : begun.then((left) => left ?? drainRest()));
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
async function drainTcpConnections(
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
