import type { ObservedContainer, ObservedHost, ObservedRelease } from '../model/host.ts';
import { otherSlot, type Slot } from '../model/release.ts';
import {
  hasAllContainers,
  isFullyServing,
  type ReleaseOnHost,
  releaseOnHost,
  requestHandlingServices,
  serviceIsUp,
} from './host-queries.ts';

/** A good release from which an interrupted run took the traffic, all of it or a part, or containers. */
export interface InterruptedDeploy {
  /** What gets it back. */
  readonly lastGood: ReleaseOnHost & { readonly slot: Slot; readonly observed: ObservedRelease };
  /** What has the traffic instead, or beside; `undefined` where only containers of the good one were stopped. */
  readonly competing: CompetingRelease | undefined;
  readonly sharesTraffic: boolean;
}

export type CompetingRelease = ReleaseOnHost & { readonly slot: Slot };

/**
 * How an interrupted run left the traffic, if that is to be mended before anything else is done.
 * @param mustYield what has the traffic makes way for what was accepted, although nothing of that may run
 */
export function findInterruptedDeploy(host: ObservedHost, mustYield = false): InterruptedDeploy | undefined {
  const { traffic, accepted } = host;
  if (traffic === undefined)
    return accepted === undefined ? undefined : findInterruptedStop(host, accepted, undefined);
  const { slot, release, splitWith: shared } = traffic;
  if (shared === undefined && accepted === release) return findInterruptedStop(host, accepted, slot);
  // Without a running edge no traffic can be given back; the plan brings the edge up, and what has the traffic stays.
  if (host.edge.state !== 'running') return undefined;
  if (shared !== undefined && !mustYield) return resolveSharedTraffic(host, slot, release, shared);
  // Nothing was ever accepted: what has the traffic is what there is to go back to.
  if (accepted === undefined) return mustYield ? undefined : findInterruptedStop(host, release, slot);
  const found = releaseOnHost(host, accepted, accepted === release ? slot : undefined);
  // One that is on no slot's network has no ways in either: the slot that is free is as good as any.
  const lastGood = { ...found, slot: found.slot ?? otherSlot(slot) };
  const competing =
    accepted === release && shared !== undefined
      ? competingRelease(host, shared, otherSlot(slot))
      : competingRelease(host, release, slot);
  // Where what was accepted can't serve any more, what has the traffic is what there is to go back to as well.
  return (mustYield || canServe(lastGood.observed)) && lastGood.observed !== undefined
    ? {
        lastGood: { ...lastGood, observed: lastGood.observed },
        competing,
        sharesTraffic: shared !== undefined,
      }
    : findInterruptedStop(host, release, slot);
}

/** Of two that share the traffic one is to have it all: the accepted one, unless only the other can serve. */
function resolveSharedTraffic(
  host: ObservedHost,
  slot: Slot,
  first: string,
  second: string,
): InterruptedDeploy | undefined {
  const [one, two] = [competingRelease(host, first, slot), competingRelease(host, second, otherSlot(slot))];
  const candidates: readonly (readonly [typeof one, boolean])[] = [
    [one, canServe(one.observed) || lacksOnlyStoppedContainers(one.observed)],
    [two, two.observed !== undefined && isFullyServing(two.observed)],
    [one, canRestart(one.observed)],
    [two, canRestart(two.observed)],
    [two, isPartlyServing(two.observed)],
  ];
  const lastGood = candidates.find(([, can]) => can)?.[0];
  if (lastGood?.observed === undefined) return undefined;
  return {
    lastGood: { ...lastGood, observed: lastGood.observed },
    competing: lastGood === one ? two : one,
    sharesTraffic: true,
  };
}

/** What serves is good, and lacks what a run stopped that did not get as far as to replace it. */
function findInterruptedStop(
  host: ObservedHost,
  id: string,
  slot: Slot | undefined,
): InterruptedDeploy | undefined {
  const lastGood = releaseOnHost(host, id, slot);
  const { observed } = lastGood;
  if (observed === undefined) return undefined;
  const lacks =
    observed.restartFailed !== true &&
    observed.containers.some(
      (container) => mayBeStoppedByRun(container) && !serviceIsUp(observed, container.service),
    );
  return lacks || hasUnroutedReplica(host, observed)
    ? {
        lastGood: { ...lastGood, slot: lastGood.slot ?? 'blue', observed },
        competing: undefined,
        sharesTraffic: false,
      }
    : undefined;
}

/**
 * Whether something of a release stands ready to be asked, and is not: a run took it from the list, to stop it, and was cut
 * short. It can be listed again only where each service that the edge asks has something to be listed.
 */
export function hasUnroutedReplica(
  { edge, routedContainers: asked }: ObservedHost,
  observed: ObservedRelease,
): boolean {
  const { record, containers } = observed;
  const routed = new Set(record?.routes.map(({ service }) => service));
  return (
    edge.state === 'running' &&
    canReceiveRequests(observed) &&
    containers.some(
      ({ name, service, state, health }) =>
        routed.has(service) &&
        state === 'running' &&
        (health === undefined || health === 'healthy') &&
        !asked.has(name),
    )
  );
}

/** Whether of each service that the edge asks something runs, or is to be started first. */
export function canReceiveRequests({ record, containers, restartFailed: refused }: ObservedRelease): boolean {
  const may = ({ state }: ObservedContainer): boolean => state === 'running' || refused !== true;
  return (record?.routes ?? []).every(({ service }) =>
    containers.some((each) => each.service === service && may(each)),
  );
}

const competingRelease = (host: ObservedHost, id: string, slot: Slot): CompetingRelease => ({
  ...releaseOnHost(host, id, slot),
  slot,
});

/**
 * Whether a container may have been stopped by a run, rather than that it died: then it still has its restart policy. Where it
 * never had one nobody can tell; it belongs to a release that is to run, so that is tried.
 */
const mayBeStoppedByRun = ({ state, restartPolicyState: restarts }: ObservedContainer): boolean =>
  restarts !== 'not-disabled' && (state === 'exited' || state === 'created' || state === 'dead');

/** Whether all that a release lacks was stopped by a run, and has not died. */
function lacksOnlyStoppedContainers(observed: ObservedRelease | undefined): boolean {
  return (
    canRestart(observed) &&
    observed !== undefined &&
    requestHandlingServices(observed)
      .filter((name) => !serviceIsUp(observed, name))
      .every((name) =>
        observed.containers.every(
          (container) =>
            container.service !== name || container.state === 'running' || mayBeStoppedByRun(container),
        ),
      )
  );
}

/** Whether starting its containers may bring a release back. */
const canRestart = (observed: ObservedRelease | undefined): boolean =>
  hasAllContainers(observed) && observed?.restartFailed !== true;

/** Whether a release serves, or does so once what a rolling deploy has stopped is started again: replicas, or all of what stands behind. */
function canServe(observed: ObservedRelease | undefined): boolean {
  return (
    observed !== undefined &&
    (isFullyServing(observed) ||
      (hasAllContainers(observed) && isPartlyServing(observed)) ||
      (hasRoutedServicesUp(observed) && lacksOnlyStoppedContainers(observed)))
  );
}

/** Whether what a release is asked at is up: then it was not stopped to make room for another one that can't stand beside it. */
function hasRoutedServicesUp(observed: ObservedRelease): boolean {
  const routes = observed.record?.routes ?? [];
  return routes.length > 0 && routes.every(({ service }) => serviceIsUp(observed, service, 1));
}

/** Whether something of all that is asked of a release is up. */
const isPartlyServing = (observed: ObservedRelease | undefined): boolean =>
  observed !== undefined && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));
