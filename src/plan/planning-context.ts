import { hasSameLayout, type ObservedHost, type ObservedRelease } from '../model/host.ts';
import { otherSlot, type ReleaseId, type ServiceName, type Slot } from '../model/release.ts';
import type { DesiredState } from './desired-state.ts';
import {
  hasAllContainers,
  liveRelease,
  type ReleaseOnHost,
  runningServices,
  serviceNamesOf,
} from './host-queries.ts';
import { findInterruptedDeploy, type InterruptedDeploy } from './interrupted-deploy.ts';
import type { HostRepair } from './reconcile-fleet.ts';
import type { HostPlan, ReleaseInSlot } from './steps.ts';

/** What is to be done on one host, thought through once; what every part of its plan is made from. */
export interface PlanningContext extends HostRepair {
  /** As it was found; but with the edge as `edgeBack` leaves it. */
  readonly host: ObservedHost;
  /** An interrupted run has replaced the edge: this release needs it as it was, before anything of the new one is made. */
  readonly restoreEdgeFor: ReleaseId | undefined;
  readonly desired: DesiredState;
  /** The good release that an interrupted run took the traffic from: before anything else it gets it back. */
  readonly interrupted: InterruptedDeploy | undefined;
  /** The release that serves once that is mended; it may be the wanted one, which then is made whole. */
  readonly live: ReleaseOnHost | undefined;
  /** The release that is replaced: the live one, if it is another than the wanted one. */
  readonly previous: ReleaseOnHost | undefined;
  /** Where the edge sends requests once that is mended, and will again if the plan fails. */
  readonly traffic: ReleaseInSlot | undefined;
  /** Where the wanted release stands or comes to stand. */
  readonly slot: Slot;
  /** How its containers come up: made by Compose, or started again, in this slot, because they all still exist. */
  readonly how: 'create' | 'start';
  /** Its services that run, live, before anything but recovery is done: a failure to mend the rest must not stop them. */
  readonly protectedServices: ReadonlySet<ServiceName>;
}

/** One of these for each way traffic can move. It answers the stages from `start` to `switch`. */
export type StrategyPlanner = (
  context: PlanningContext,
) => Required<Pick<HostPlan, 'start' | 'check' | 'switch'>>;

/** What is to be done on one host, with what its strategy needs to know of it. */
export function createPlanningContext(
  host: ObservedHost,
  desired: DesiredState,
  { historySteps, mustYield }: HostRepair,
): PlanningContext {
  const { id } = desired.release;
  const interrupted = findInterruptedDeploy(host, mustYield);
  // What gives way to nothing is gone when the plan proper begins.
  const found = mustYield && interrupted === undefined ? undefined : host.traffic;
  const live = interrupted?.lastGood ?? (found === host.traffic ? liveRelease(host) : undefined);
  const alreadyLive = live?.id === id;
  const known = host.releases.find((observed) => observed.id === id);
  const taken = alreadyLive ? undefined : live?.slot;
  // What runs stays where it is: nobody's traffic is moved by mending it.
  const slot = taken === undefined ? (known?.slot ?? live?.slot ?? 'blue') : otherSlot(taken);
  const edge = alreadyLive ? undefined : edgeToRestore(host, live);
  return {
    host: edge === undefined ? host : { ...host, edge },
    restoreEdgeFor: edge && live?.id,
    historySteps,
    mustYield,
    desired,
    interrupted,
    live,
    previous: alreadyLive ? undefined : live,
    traffic:
      interrupted === undefined
        ? found && { slot: found.slot, release: found.release }
        : { slot: interrupted.lastGood.slot, release: interrupted.lastGood.id },
    slot,
    how: hasAllContainers(known) ? 'start' : 'create',
    protectedServices: new Set(alreadyLive ? protectedServicesOf(known, interrupted !== undefined) : []),
  };
}

/** The edge that what was accepted needs, where another one runs. One of another version of Sealift is nobody's leavings. */
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

/** What an interrupted run had stopped of the live release runs again before the plan proper begins. */
function protectedServicesOf(live: ObservedRelease | undefined, recovered: boolean): readonly ServiceName[] {
  return recovered && hasAllContainers(live) ? serviceNamesOf(live) : runningServices(live);
}
