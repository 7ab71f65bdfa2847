import type { ObservedHost, ObservedRelease } from '../model/host.ts';
import { otherSlot, type ReleaseId, type ServiceName } from '../model/release.ts';
import {
  hasAllContainers,
  hasContainer,
  hasDomains,
  isFullyServing,
  mayRun,
  requestHandlingServices,
  serviceIsUp,
  serviceNamesOf,
  servicesInRole,
} from './host-queries.ts';
import {
  type CompetingRelease,
  canReceiveRequests,
  hasUnroutedReplica,
  type InterruptedDeploy,
} from './interrupted-deploy.ts';
import type { PlanningContext } from './planning-context.ts';
import { pruneFailedReleases } from './prune-failed.ts';
import { type ReplicaCounts, type Step, step, withReason } from './steps.ts';

/**
 * Mends what an interrupted run left: a history that says otherwise than the fleet's, traffic on a release that was never
 * accepted, releases that run beside. Then tries that failed long ago make room.
 */
export function recoverSteps(context: PlanningContext): readonly Step[] {
  const { historySteps, mustYield } = context;
  return [
    ...historySteps,
    ...(mustYield ? yieldToAccepted(context) : repair(context)),
    ...pruneFailedReleases(context),
  ];
}

function repair(context: PlanningContext): readonly Step[] {
  const { interrupted } = context;
  if (interrupted === undefined) return stopStrayReleases(context, context.desired.release.id);
  const { lastGood, competing } = interrupted;
  return competing === undefined
    ? [
        ...stopStrayReleases(context, undefined),
        ...restartStopped(context, lastGood),
        ...restartWorkers(context, lastGood),
      ]
    : [
        ...returnTraffic(context, interrupted, competing),
        ...stopStrayReleases(context, context.desired.release.id),
        ...restartWorkers(context, lastGood),
      ];
}

/** What was accepted takes the place of what runs, which may not stand beside it; nothing does, where nothing was. */
function yieldToAccepted({ host, interrupted, traffic }: PlanningContext): readonly Step[] {
  const others = host.releases.filter((release) => release.id !== host.accepted && mayRun(release));
  const stops = withReason(
    'not every host serves it',
    'stop-services',
    others.map((release) => stopStep(release.id, serviceNamesOf(release))),
  );
  if (interrupted === undefined) return [...removeFromTraffic(host), ...stops];
  const { lastGood } = interrupted;
  const workers = servicesInRole(lastGood.observed.record, 'worker');
  return [
    ...stops,
    ...restartSteps(lastGood, servicesDown(lastGood)),
    ...(traffic === undefined ? [] : [step({ kind: 'switch-traffic', ...traffic })]),
    ...restartSteps(
      lastGood,
      workers.filter((name) => !serviceIsUp(lastGood.observed, name)),
    ),
  ];
}

/** Takes what was never accepted off the net. */
function removeFromTraffic({ traffic, releases }: ObservedHost): readonly Step[] {
  if (traffic === undefined) return [];
  const { slot, release, splitWith: shared } = traffic;
  const slots = shared === undefined ? [slot] : [otherSlot(slot), slot];
  const record = releases.find(({ id }) => id === release)?.record;
  const open = record !== undefined && hasDomains(record);
  return [
    ...(open ? [step({ kind: 'route-domains', release: undefined })] : []),
    ...slots.map((each) => step({ kind: 'clear-slot', slot: each })),
    step({ kind: 'drain-traffic', release, slot }),
  ];
}

/** Releases that run, or could come back, and are neither the live one nor the one that is spared. */
function stopStrayReleases({ host, live }: PlanningContext, spared: ReleaseId | undefined): readonly Step[] {
  return host.releases
    .filter((release) => release.id !== live?.id && release.id !== spared && mayRun(release))
    .map((stray) => stopStep(stray.id, serviceNamesOf(stray)));
}

/** What was stopped of the release that serves runs again, before it is replaced by whatever is wanted now. */
function restartStopped(
  { host, desired, traffic }: PlanningContext,
  lastGood: InterruptedDeploy['lastGood'],
): readonly Step[] {
  const down = servicesDown(lastGood);
  if (
    isRecreatedByPlan(desired.release.id, lastGood) ||
    (down.length === 0 && !hasUnroutedReplica(host, lastGood.observed))
  )
    return [];
  const asked =
    host.edge.state === 'running' && traffic !== undefined && canReceiveRequests(lastGood.observed);
  return [
    ...restartSteps(lastGood, down),
    ...(asked ? [step({ kind: 'switch-traffic', release: lastGood.id, slot: lastGood.slot })] : []),
  ];
}

/**
 * All traffic to the good release, which is made whole first. What it lacks was stopped by a run that was interrupted; should
 * it not come up again, the good release has the traffic with what it has, so that the next run can replace it.
 */
function returnTraffic(
  { desired }: PlanningContext,
  { lastGood, sharesTraffic: shared }: InterruptedDeploy,
  competing: CompetingRelease,
): readonly Step[] {
  const { id, slot, observed } = lastGood;
  const down = servicesDown(lastGood);
  const exclusive = servicesInRole(competing.observed?.record, 'exclusive');
  const handedOver = servicesInRole(observed.record, 'exclusive').some((name) => down.includes(name));
  const stopFirst = shared && !isFullyServing(observed) && mustStopBeforeStart(observed);
  return [
    ...(handedOver && exclusive.length > 0 ? [stopStep(competing.id, exclusive)] : []),
    // What must not be more than so many at a time is stopped before the rest is started.
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
          drainStep(competing),
          stopStep(competing.id, serviceNamesOf(competing.observed)),
        ]
      : []),
    ...restartSteps(lastGood, down),
    step({ kind: 'switch-traffic', release: id, slot }),
    ...(stopFirst ? [] : [drainStep(competing)]),
    ...(competing.id === desired.release.id && !stopFirst ? stopLateServices(competing) : []),
  ];
}

/** What answers requests or can't stand twice, and is not up. */
function servicesDown({ observed }: InterruptedDeploy['lastGood']): readonly ServiceName[] {
  const names = new Set([
    ...requestHandlingServices(observed),
    ...servicesInRole(observed.record, 'exclusive'),
  ]);
  return [...names].filter((name) => !serviceIsUp(observed, name));
}

function restartSteps(
  lastGood: InterruptedDeploy['lastGood'],
  down: readonly ServiceName[],
): readonly Step[] {
  const { id: release, slot, observed } = lastGood;
  // It was tried, and did not come up: what there is of it has to do.
  if (observed.restartFailed) return [];
  const services = down.filter((name) => hasContainer(observed, name));
  if (services.length === 0) return [];
  return [
    step({ kind: 'start-services', release, slot, services, how: 'start' }),
    step({ kind: 'check-health', release, services, ...toleranceForRecovery(lastGood, services) }),
  ];
}

/** What is to be handed over anew, if the other release is tried again. */
function stopLateServices({ id, observed }: CompetingRelease): readonly Step[] {
  const late = servicesInRole(observed?.record, 'exclusive', 'worker').filter((name) =>
    observed?.containers.some((container) => container.service === name && container.state !== 'exited'),
  );
  return late.length === 0 ? [] : [stopStep(id, late)];
}

/** Its workers, which were perhaps handed over already: a run that fails ends on the good release with all of them. */
function restartWorkers(
  { desired }: PlanningContext,
  lastGood: InterruptedDeploy['lastGood'],
): readonly Step[] {
  const down = servicesInRole(lastGood.observed.record, 'worker').filter(
    (name) => !serviceIsUp(lastGood.observed, name),
  );
  return isRecreatedByPlan(desired.release.id, lastGood) ? [] : restartSteps(lastGood, down);
}

/** What is itself wanted and lacks containers is made whole by the plan: starting is not enough. */
const isRecreatedByPlan = (desired: ReleaseId, { id, observed }: InterruptedDeploy['lastGood']): boolean =>
  id === desired && !hasAllContainers(observed);

const drainStep = ({ id, slot }: CompetingRelease): Step =>
  step({ kind: 'drain-traffic', release: id, slot });

const stopStep = (release: ReleaseId, services: readonly ServiceName[]): Step =>
  step({ kind: 'stop-services', release, services, evidence: false });

/** Whether some service may not run more than its number of replicas, while each has one that is up. */
function mustStopBeforeStart(observed: ObservedRelease): boolean {
  const stopsFirst = Object.values(observed.record?.services ?? {}).some(
    ({ role, update }) => role !== 'worker' && role !== 'exclusive' && update?.order === 'stop-first',
  );
  return stopsFirst && requestHandlingServices(observed).every((name) => serviceIsUp(observed, name, 1));
}

/** As many as are missing may go on missing, but not all. */
function toleranceForRecovery(
  { observed }: InterruptedDeploy['lastGood'],
  services: readonly ServiceName[],
): { readonly tolerate?: ReplicaCounts } {
  const lenient = services.flatMap((name) => {
    const replicas = observed.record?.services[name]?.replicas ?? 1;
    const up = observed.containers.filter((each) => each.service === name && each.state === 'running').length;
    const most = Math.min(replicas - up, replicas - 1);
    return most > 0 ? [[name, most] as const] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}
