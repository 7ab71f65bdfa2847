import { otherSlot, type Slot } from '../model/app-environment.ts';
import { hasSameLayout, type ObservedHost, type ObservedRelease } from '../model/host.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { ReleaseInSlot } from './actions.ts';
import type { DesiredState } from './desired-state.ts';
import {
  hasAllContainers,
  liveRelease,
  mayHaveRoutes,
  type ReleaseOnHost,
  releaseOnHost,
  runningServices,
  serviceNamesOf,
  workIsDone,
} from './host-queries.ts';
import { findInterruptedDeploy, type InterruptedDeploy } from './interrupted-deploy.ts';
import type { HostPlan } from './plan.ts';
import type { HostRepair } from './reconcile-fleet.ts';

/** What every part of the plan for one host is computed from. */
export interface PlanningContext extends HostRepair {
  /** The host as observed, but with the edge that `restoreEdgeFor` brings back. */
  readonly host: ObservedHost;
  readonly desired: DesiredState;
  /** What a killed run left; `recover` repairs it before anything else. The fields below describe the host after that. */
  readonly interrupted: InterruptedDeploy | undefined;
  /** The live release needs its own edge back, because a killed run has replaced it. */
  readonly restoreEdgeFor: ReleaseId | undefined;
  /** The release that serves. It can be the desired one, which the plan then completes. */
  readonly live: ReleaseOnHost | undefined;
  /** The release to replace: the live one, unless it is the desired one. */
  readonly previous: ReleaseOnHost | undefined;
  /** Where the edge sends requests, and sends them again if the plan fails. */
  readonly traffic: ReleaseInSlot | undefined;
  /** The slot of the desired release. */
  readonly slot: Slot;
  /** Whether Compose creates the containers of the desired release, or they all exist and only start. */
  readonly how: 'create' | 'start';
  /** Services of the desired release that run already. If the plan fails they must not stop, because they are live. */
  readonly protectedServices: ReadonlySet<ServiceName>;
}

/** A strategy: plans the stages in which containers start and traffic moves. */
export type StrategyPlanner = (
  context: PlanningContext,
) => Required<Pick<HostPlan, 'start' | 'check' | 'switch'>>;

export function createPlanningContext(
  host: ObservedHost,
  desired: DesiredState,
  { historySteps, mustBeReplaced }: HostRepair,
): PlanningContext {
  const { id } = desired.release;
  const interrupted = findInterruptedDeploy(host, mustBeReplaced);
  // A release that must yield stops in `recover`, even if there is no accepted one to yield to.
  const live = interrupted?.lastGood ?? (mustBeReplaced ? undefined : liveRelease(host));
  const alreadyLive = live?.id === id;
  const { observed } = releaseOnHost(host, id);
  // Containers that run stay in their slot, so that a repair moves nobody's traffic.
  const slot =
    alreadyLive || live?.slot === undefined ? (observed?.slot ?? live?.slot ?? 'blue') : otherSlot(live.slot);
  const edge = alreadyLive ? undefined : edgeToRestore(host, live);
  return {
    host: edge === undefined ? host : { ...host, edge },
    desired,
    historySteps,
    mustBeReplaced,
    interrupted,
    restoreEdgeFor: edge && live?.id,
    live,
    previous: alreadyLive ? undefined : live,
    traffic: trafficAfterRecovery(host, interrupted, mustBeReplaced),
    slot,
    how: hasAllContainers(observed) ? 'start' : 'create',
    protectedServices: new Set(alreadyLive ? servicesToProtect(observed, interrupted !== undefined) : []),
  };
}

/** Services of the desired release without those whose work was done when it was accepted before. */
export const withoutEnded = (
  { host, desired }: PlanningContext,
  names: readonly ServiceName[],
): readonly ServiceName[] => {
  const { observed } = releaseOnHost(host, desired.release.id);
  return names.filter((name) => !workIsDone(observed, name));
};

function trafficAfterRecovery(
  { traffic }: ObservedHost,
  interrupted: InterruptedDeploy | undefined,
  mustBeReplaced: boolean,
): ReleaseInSlot | undefined {
  if (interrupted !== undefined) {
    const { id, slot } = interrupted.lastGood;
    return traffic !== undefined || mayHaveRoutes(interrupted.lastGood) ? { slot, release: id } : undefined;
  }
  return mustBeReplaced || traffic === undefined
    ? undefined
    : { slot: traffic.slot, release: traffic.release };
}

/** The edge of the live release, if it is the accepted one and another edge runs. An edge of another version of Sealift stays. */
function edgeToRestore(
  { edge, accepted }: ObservedHost,
  live: ReleaseOnHost | undefined,
): ObservedHost['edge'] | undefined {
  const fingerprint = live?.observed?.edgeFingerprint;
  return edge.state === 'running' &&
    fingerprint !== undefined &&
    live?.id === accepted &&
    edge.fingerprint !== fingerprint &&
    hasSameLayout(edge.fingerprint, fingerprint)
    ? { ...edge, fingerprint }
    : undefined;
}

/** Services that run when the stages after `recover` begin: after a recovery, all that it can start. */
const servicesToProtect = (live: ObservedRelease | undefined, recovered: boolean): readonly ServiceName[] =>
  recovered && hasAllContainers(live) ? serviceNamesOf(live) : runningServices(live);
