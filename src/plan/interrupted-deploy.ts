import { otherSlot, type Slot } from '../model/app-environment.ts';
import type { ObservedContainer, ObservedHost, ObservedRelease } from '../model/host.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import {
  canRestart,
  hasAllContainers,
  isFullyServing,
  isStopped,
  type ReleaseOnHost,
  releaseOnHost,
  requestHandlingServices,
  serviceIsUp,
  servicesDown,
} from './host-queries.ts';

/*
 * What a killed run can leave on one host. A run moves traffic from its stage `switch` on, and the release counts only from
 * `accept` on. Old containers stop in `start` (recreate), in `switch` (rolling, exclusive services) and in `complete`
 * (workers). So a run that is killed before `accept` leaves one of these states, from which `recover` starts:
 *
 * - Split traffic: two releases get requests, `release` and `splitWith`. A canary or a rolling deploy was under way.
 * - Moved traffic: a release that was never accepted gets all requests.
 * - Stopped containers: the right release has the traffic, but the run has stopped some of its containers.
 * - Unrouted replica: a replica runs but is not in the edge's files, because the run was about to stop it.
 *
 * `lastGood` is the release that must have all the traffic before anything else is done: the accepted one or, if that can't
 * serve any more, the one that has the traffic. `competing` is the other one of two releases with traffic; it loses it.
 */

/** A state to repair. */
export interface InterruptedDeploy {
  readonly lastGood: ReleaseOnHost & { readonly slot: Slot; readonly observed: ObservedRelease };
  /** `undefined` if only containers of `lastGood` are stopped or unrouted. */
  readonly competing: CompetingRelease | undefined;
}

export type CompetingRelease = ReleaseOnHost & { readonly slot: Slot };

const releaseAt = (host: ObservedHost, id: ReleaseId, slot: Slot): CompetingRelease => ({
  ...releaseOnHost(host, id),
  slot,
});

/**
 * What a killed run left on a host; `undefined` if there is nothing to repair before the plan begins.
 * @param mustBeReplaced the release with the traffic gives it to the accepted one, even if none of that one's containers run
 */
export function findInterruptedDeploy(
  host: ObservedHost,
  mustBeReplaced = false,
): InterruptedDeploy | undefined {
  const { traffic, accepted } = host;
  if (traffic === undefined)
    return accepted === undefined ? undefined : findStoppedContainers(host, releaseOnHost(host, accepted));
  const { slot, release, splitWith } = traffic;
  const receiver = releaseAt(host, release, slot);
  if (splitWith === undefined && accepted === release) return findStoppedContainers(host, receiver);
  // Only a running edge can move traffic. Otherwise the plan starts the edge and the traffic stays where it is.
  if (host.edge.state !== 'running') return undefined;
  const other = splitWith === undefined ? undefined : releaseAt(host, splitWith, otherSlot(slot));
  if (other !== undefined && !mustBeReplaced) return resolveSplit(receiver, other);
  // Without an accepted release the one with the traffic is the last good one.
  if (accepted === undefined) return mustBeReplaced ? undefined : findStoppedContainers(host, receiver);
  const found = accepted === release ? receiver : releaseOnHost(host, accepted);
  // The accepted release has no slot if its containers are on no slot's network: the free slot is as good as any.
  const { observed, slot: ownSlot = otherSlot(slot) } = found;
  // If the accepted release can't serve any more, the one with the traffic is the last good one as well.
  return observed !== undefined && (mustBeReplaced || canServe(observed))
    ? {
        lastGood: { ...found, slot: ownSlot, observed },
        competing: accepted === release && other !== undefined ? other : receiver,
      }
    : findStoppedContainers(host, receiver);
}

/** Of two releases that share the traffic, one gets it all: `first`, which is the accepted one if any was, if it can serve. */
function resolveSplit(first: CompetingRelease, other: CompetingRelease): InterruptedDeploy | undefined {
  const candidates: readonly (readonly [CompetingRelease, boolean])[] = [
    [first, canServe(first.observed) || lacksOnlyStoppedContainers(first.observed)],
    [other, other.observed !== undefined && isFullyServing(other.observed)],
    [first, canRestart(first.observed)],
    [other, canRestart(other.observed) || isPartlyServing(other.observed)],
  ];
  const lastGood = candidates.find(([, can]) => can)?.[0];
  if (lastGood?.observed === undefined) return undefined;
  return {
    lastGood: { ...lastGood, observed: lastGood.observed },
    competing: lastGood === first ? other : first,
  };
}

/** The right release has the traffic, or there is none: looks for containers that a run stopped, or took from the edge's files. */
function findStoppedContainers(
  host: ObservedHost,
  { observed, slot = 'blue', ...found }: ReleaseOnHost,
): InterruptedDeploy | undefined {
  if (observed === undefined) return undefined;
  const lacksContainers =
    observed.restartFailed !== true &&
    observed.containers.some((each) => mayBeStoppedByRun(each) && !serviceIsUp(observed, each.service));
  return lacksContainers || hasUnroutedReplica(host, observed)
    ? { lastGood: { ...found, slot, observed }, competing: undefined }
    : undefined;
}

/**
 * Whether a replica is ready for requests but not in the edge's files: a run removed it, to stop it, and was killed. It can
 * be added again only if every routed service has a container to list.
 */
export function hasUnroutedReplica(
  { edge, routedContainers }: ObservedHost,
  observed: ObservedRelease,
): boolean {
  const routed = new Set(observed.record?.routes.map(({ service }) => service));
  return (
    edge.state === 'running' &&
    canReceiveRequests(observed) &&
    observed.containers.some(
      ({ name, service, state, health }) =>
        routed.has(service) &&
        state === 'running' &&
        (health === undefined || health === 'healthy') &&
        !routedContainers.has(name),
    )
  );
}

/** Whether every routed service has a container that runs, or that recovery will start. */
export const canReceiveRequests = ({ record, containers, restartFailed }: ObservedRelease): boolean =>
  (record?.routes ?? []).every(({ service }) =>
    containers.some((each) => each.service === service && (each.state === 'running' || !restartFailed)),
  );

/**
 * Whether a run may have stopped a container, rather than that it crashed: Sealift removes the restart policy of what it
 * stops. Without a configured policy nobody can tell. Then it is started, because its release should run.
 */
const mayBeStoppedByRun = (container: ObservedContainer): boolean =>
  container.restartPolicyState !== 'not-disabled' && isStopped(container);

/** Whether no service is down because of a crash: starting what a run stopped brings the release back. */
const lacksOnlyStoppedContainers = (observed: ObservedRelease | undefined): boolean =>
  observed !== undefined &&
  canRestart(observed) &&
  servicesDown(observed, requestHandlingServices(observed)).every((name) =>
    observed.containers.every(
      (each) => each.service !== name || each.state === 'running' || mayBeStoppedByRun(each),
    ),
  );

/** Whether a release serves completely, or will once recovery has started what a rolling deploy stopped. */
const canServe = (observed: ObservedRelease | undefined): boolean =>
  observed !== undefined &&
  (isFullyServing(observed) ||
    (hasAllContainers(observed) && isPartlyServing(observed)) ||
    (hasRoutedServicesUp(observed) && lacksOnlyStoppedContainers(observed)));

/** Whether the routed services are up: then the release was not stopped completely to make room for another one. */
function hasRoutedServicesUp(observed: ObservedRelease): boolean {
  const routes = observed.record?.routes ?? [];
  return routes.length > 0 && routes.every(({ service }) => serviceIsUp(observed, service, 1));
}

/** Whether each service that answers requests has a replica that is up. */
const isPartlyServing = (observed: ObservedRelease | undefined): boolean =>
  observed !== undefined && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));
