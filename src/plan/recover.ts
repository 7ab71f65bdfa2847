import { otherSlot } from '../model/app-environment.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import { asList } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import {
  hasAllContainers,
  hasContainer,
  hasDomains,
  isFullyServing,
  isStopFirst,
  mayRun,
  releaseOnHost,
  requestHandlingServices,
  serviceIsUp,
  serviceNamesOf,
  servicesDown,
  servicesInRole,
} from './host-queries.ts';
import {
  type CompetingRelease,
  canReceiveRequests,
  hasUnroutedReplica,
  type InterruptedDeploy,
} from './interrupted-deploy.ts';
import { type Step, step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';
import { pruneFailedReleases } from './prune.ts';
import { type Tolerance, toleranceOf } from './tolerance.ts';

/*
 * The stage `recover`: brings a host from what a killed run left (the states are listed in interrupted-deploy.ts) to one
 * complete release with all the traffic, so that a run that fails later can go back to it. There are four cases:
 *
 * - Nothing was interrupted: releases that should not run stop (`stopStrayReleases`).
 * - `lastGood` has all the traffic but lacks containers or routes: they come back (`restartStopped`).
 * - A `competing` release has traffic: `lastGood` is completed and gets all of it (`returnTraffic`).
 * - The release with the traffic must yield, because other hosts of the fleet do not serve it (reconcile-fleet.ts): it stops
 *   first, since both may not run together, then the accepted one starts (`replaceWithAccepted`).
 */

type LastGood = InterruptedDeploy['lastGood'];

/** Repairs what a killed run left, then removes failed releases to make room. */
export function recoverSteps(context: PlanningContext): readonly Step[] {
  const { historySteps, mustBeReplaced } = context;
  return [
    ...historySteps,
    ...(mustBeReplaced ? replaceWithAccepted(context) : repair(context)),
    ...pruneFailedReleases(context),
  ];
}

function repair(context: PlanningContext): readonly Step[] {
  const { interrupted, desired } = context;
  const desiredId = desired.release.id;
  // A killed run may have started it without its post_start: it starts again as a whole.
  const kept = runsPostStart(desired.release) ? undefined : desiredId;
  if (interrupted === undefined) return stopStrayReleases(context, kept);
  const { lastGood, competing } = interrupted;
  // If the desired release itself lacks containers, the plan creates them: starting is not enough.
  const isRecreated = lastGood.id === desiredId && !hasAllContainers(lastGood.observed);
  const workers = isRecreated ? [] : restartDown(lastGood, workersOf(lastGood));
  return competing === undefined
    ? [...stopStrayReleases(context), ...(isRecreated ? [] : restartStopped(context, lastGood)), ...workers]
    : [...returnTraffic(context, lastGood, competing), ...stopStrayReleases(context, kept), ...workers];
}

const runsPostStart = ({ compose }: Release): boolean =>
  Object.values(compose.services).some((service) => asList(service['post_start']).length > 0);

/** The accepted release takes the place of those that run. If none was accepted, their traffic ends. */
function replaceWithAccepted({ host, interrupted, traffic }: PlanningContext): readonly Step[] {
  const others = host.releases.filter((release) => release.id !== host.accepted && mayRun(release));
  const reason = 'not every host serves it';
  const stops = others.map((release) => ({ ...stopStep(release.id, serviceNamesOf(release)), reason }));
  if (interrupted === undefined) return [...endTrafficSteps(host), ...stops];
  const { lastGood } = interrupted;
  return [
    ...stops,
    ...restartDown(lastGood, servicesNeeded(lastGood)),
    ...(traffic === undefined ? [] : [step({ kind: 'switch-traffic', ...traffic })]),
    ...restartDown(lastGood, workersOf(lastGood)),
  ];
}

/** Ends the traffic of a release that was never accepted. */
export function endTrafficSteps(host: ObservedHost): readonly Step[] {
  if (host.traffic === undefined) return [];
  const { slot, release, splitWith } = host.traffic;
  const slots = splitWith === undefined ? [slot] : [otherSlot(slot), slot];
  const { record } = releaseOnHost(host, release);
  const open = record !== undefined && hasDomains(record);
  return [
    ...(open ? [step({ kind: 'route-domains', release: undefined })] : []),
    ...slots.map((each) => step({ kind: 'clear-slot', slot: each })),
    step({ kind: 'drain-traffic', release, slot }),
  ];
}

/** Stops releases that run, or would after a restart of the engine, but the live one and the exception. */
function stopStrayReleases({ host, live }: PlanningContext, except?: ReleaseId): readonly Step[] {
  return host.releases
    .filter((release) => release.id !== live?.id && release.id !== except && mayRun(release))
    .map((stray) => stopStep(stray.id, serviceNamesOf(stray)));
}

/** Starts what was stopped of the live release, and adds its unrouted replicas to the edge's files again. */
function restartStopped({ host, traffic }: PlanningContext, lastGood: LastGood): readonly Step[] {
  const { id, slot, observed } = lastGood;
  const needed = servicesNeeded(lastGood);
  if (servicesDown(observed, needed).length === 0 && !hasUnroutedReplica(host, observed)) return [];
  const canRoute = host.edge.state === 'running' && traffic !== undefined && canReceiveRequests(observed);
  return [
    ...restartDown(lastGood, needed),
    ...(canRoute ? [step({ kind: 'switch-traffic', release: id, slot })] : []),
  ];
}

/**
 * Completes the last good release and gives it all the traffic. If what was stopped of it does not start again, it gets the
 * traffic with what runs, so that the next run can replace it.
 */
function returnTraffic(
  { host, desired }: PlanningContext,
  lastGood: LastGood,
  competing: CompetingRelease,
): readonly Step[] {
  const { id, slot, observed, record } = lastGood;
  const down = servicesDown(observed, servicesInRole(record, 'exclusive'));
  const exclusive = servicesInRole(competing.record, 'exclusive');
  // What may not run with more replicas than the file says is stopped before the rest is started.
  const stopFirst =
    host.traffic?.splitWith !== undefined && !isFullyServing(observed) && mustStopBeforeStart(lastGood);
  const drain = step({ kind: 'drain-traffic', release: competing.id, slot: competing.slot });
  return [
    ...(down.length > 0 && exclusive.length > 0 ? [stopStep(competing.id, exclusive)] : []),
    ...(stopFirst
      ? [
          step({
            kind: 'balance-replicas',
            release: id,
            slot,
            removedReplicas: {},
            share: 0,
            newRelease: undefined,
          }),
          drain,
          stopStep(competing.id, serviceNamesOf(competing.observed)),
        ]
      : []),
    ...restartDown(lastGood, servicesNeeded(lastGood)),
    step({ kind: 'switch-traffic', release: id, slot }),
    ...(stopFirst ? [] : [drain]),
    ...(competing.id === desired.release.id && !stopFirst ? stopLateServices(competing) : []),
  ];
}

/** Services that answer requests or can't run twice. */
const servicesNeeded = ({ observed, record }: LastGood): readonly ServiceName[] => [
  ...new Set([...requestHandlingServices(observed), ...servicesInRole(record, 'exclusive')]),
];

const workersOf = ({ record }: LastGood): readonly ServiceName[] => servicesInRole(record, 'worker');

/** Starts those of `names` that are down and have containers, and checks them. */
function restartDown(lastGood: LastGood, names: readonly ServiceName[]): readonly Step[] {
  const { id: release, slot, observed } = lastGood;
  // After a failed attempt in this run, the release must do with what runs.
  if (observed.restartFailed) return [];
  const services = servicesDown(observed, names).filter((name) => hasContainer(observed, name));
  if (services.length === 0) return [];
  return [
    step({ kind: 'start-services', release, slot, services, how: 'start' }),
    step({ kind: 'check-health', release, services, ...toleranceForRecovery(lastGood, services) }),
  ];
}

/** If the competing release is deployed again, its exclusive services and workers must wait for their turn. */
function stopLateServices({ id, observed, record }: CompetingRelease): readonly Step[] {
  const late = servicesInRole(record, 'exclusive', 'worker').filter((name) =>
    observed?.containers.some(({ service, state }) => service === name && state !== 'exited'),
  );
  return late.length === 0 ? [] : [stopStep(id, late)];
}

const stopStep = (release: ReleaseId, services: readonly ServiceName[]): Step =>
  step({ kind: 'stop-services', release, services });

/**
 * Whether new replicas must stop before old ones start, because a service may not run with more replicas than the file says.
 * It is possible only if each service has an old replica that answers meanwhile.
 */
const mustStopBeforeStart = ({ observed, record }: LastGood): boolean =>
  Object.values(record?.services ?? {}).some(
    (service) => (service.role === 'served' || service.role === 'internal') && isStopFirst(service),
  ) && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));

/** As many replicas as are missing now may be missing afterwards, but not all. */
function toleranceForRecovery({ observed, record }: LastGood, services: readonly ServiceName[]): Tolerance {
  return toleranceOf(services, (name) => {
    const replicas = record?.services[name]?.replicas ?? 1;
    const running = observed.containers.filter(
      ({ service, state }) => service === name && state === 'running',
    ).length;
    return Math.min(replicas - running, replicas - 1);
  });
}
