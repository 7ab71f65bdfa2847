import { messageWithoutHost } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import { byPlace } from '../model/place-words.ts';
import type { Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { type Action, type ReleaseInSlot, traitsOf } from '../plan/actions.ts';
import { isFullyServing, liveRelease } from '../plan/host-queries.ts';
import type { Outcome, RolloutFailure, StepResult } from '../plan/outcome.ts';
import { downtimeOf } from './downtime.ts';
import { failureState, movesTraffic, type RolledBackOutcome } from './failure-state.ts';
import type { DeploymentHost } from './host-report.ts';
import { commonRelease } from './host-status.ts';
import { reachabilityText, withReachability } from './reachability.ts';
import type { DeploymentReport } from './report.ts';
import { NOTHING_CHANGED_TEXT } from './text-format.ts';

/** How a run ended: what each host serves now and why, and the same as a text. */
export type DeployResult = Pick<DeploymentReport, 'result' | 'state' | 'hosts' | 'live'>;

/** How the execution of a plan ended. Pure. */
export function deployResultOf(
  before: readonly ObservedHost[],
  release: Release,
  outcome: Outcome,
): DeployResult {
  const hosts = before.map((observed) => withReachability(hostResultOf(observed, release, outcome), outcome));
  const live = commonRelease(hosts);
  if (outcome.kind === 'succeeded')
    return { result: 'deployed', state: `${release.id} is live.`, hosts, live };
  if (!outcome.steps.some(isNoticeable))
    return {
      result: 'failed',
      state: `Nothing was deployed.${reachabilityText(hosts, outcome)}`,
      hosts,
      live,
    };
  const state =
    failureState(hosts, release.id, outcome) +
    reachabilityText(hosts, outcome) +
    unhealthyWarning(before, hosts, outcome);
  return { result: 'rolled-back', state, hosts, live };
}

/** The result where every host served the release already. Pure. */
export function unchangedResult(before: readonly ObservedHost[], { id }: Release): DeployResult {
  const hosts = before.map(({ host }) => ({ host, was: id, is: id, why: 'already live' }));
  return { result: 'unchanged', state: NOTHING_CHANGED_TEXT, hosts, live: commonRelease(hosts) };
}

const isNoticeable = ({ action }: StepResult): boolean => traitsOf(action).invisibleToUsers !== true;

function hostResultOf(observed: ObservedHost, release: Release, outcome: Outcome): DeploymentHost {
  const { host } = observed;
  const steps = outcome.steps.filter((step) => step.host === host);
  const downtime = downtimeOf(steps, observed, release);
  const report = {
    ...{ host, was: liveRelease(observed)?.id },
    ...(downtime === undefined ? {} : { downtime }),
  };
  if (outcome.kind === 'succeeded')
    return { ...report, is: release.id, why: steps.length === 0 ? 'already live' : 'healthy' };

  const unknown = { ...report, is: undefined, unknown: true, rollbackIncomplete: true } as const;
  const cause = ({ error }: RolloutFailure): string => messageWithoutHost(host, error);
  const failedRepair = outcome.failures.find((failure) => failure.host === host && isFailedRepair(failure));
  if (failedRepair !== undefined) return { ...unknown, why: `REPAIR FAILED: ${cause(failedRepair)}` };

  const is = releaseServedAtEnd(steps, observed);
  const undoFailures = outcome.undoFailures.filter((failure) => failure.host === host);
  const [first] = undoFailures;
  if (first === undefined) return { ...report, is, why: hostReason(host, steps, outcome) };
  // Without an edge, a release serves as long as it runs.
  const edgeless = trafficAtEnd(steps, observed) === undefined && release.routes.length === 0;
  if (edgeless || undoFailures.some(({ action }) => action === undefined || !traitsOf(action).cleansUp))
    return { ...unknown, why: `ROLLBACK FAILED: ${cause(first)}` };
  return { ...report, is, rollbackIncomplete: true, why: `ROLLBACK INCOMPLETE: ${cause(first)}` };
}

/** After a failed move of the traffic it is unknown what serves, and repairs are never undone. */
const isFailedRepair = ({ stage, action }: RolloutFailure): boolean =>
  stage === 'recover' && action !== undefined && traitsOf(action).decidesLive === true;

/** Repairs of an interrupted run are never undone, so they count. */
function releaseServedAtEnd(steps: readonly StepResult[], observed: ObservedHost): ReleaseId | undefined {
  const traffic = trafficAtEnd(steps, observed);
  if (traffic !== undefined || observed.traffic !== undefined) return traffic?.release;
  // Without an edge the accepted release serves, by a history that the repair may have changed.
  const recorded = steps
    .filter(({ ok, stage }) => ok && stage === 'recover')
    .map(({ action }) => action)
    .findLast(({ kind }) => kind === 'accept-release' || kind === 'record-rollback');
  if (recorded?.kind === 'accept-release') return recorded.release;
  return recorded?.kind === 'record-rollback' ? recorded.previous : liveRelease(observed)?.id;
}

const trafficAtEnd = (steps: readonly StepResult[], { traffic }: ObservedHost): ReleaseInSlot | undefined =>
  steps
    .filter(({ ok }) => ok)
    .reduce<ReleaseInSlot | undefined>((before, { action }) => trafficAfter(action, before), traffic);

/** Where all requests, or most of them, go after an action. Clearing the other slot changes nothing. */
function trafficAfter(action: Action, before: ReleaseInSlot | undefined): ReleaseInSlot | undefined {
  if (action.kind === 'switch-traffic' || action.kind === 'balance-replicas') return action;
  return action.kind === 'clear-slot' && action.slot === before?.slot ? undefined : before;
}

function hostReason(host: HostName, steps: readonly StepResult[], { failures }: RolledBackOutcome): string {
  const own = failures.filter((failure) => failure.host === host);
  if (own.length > 0) return own.map(({ error }) => messageWithoutHost(host, error)).join(' · ');
  if (!steps.some(isNoticeable)) return 'not touched';
  const rolledBack = steps.some(movesTraffic) ? 'rolled back' : 'rolled back before any traffic moved,';
  const others = failures.flatMap((failure) => failure.host ?? []);
  if (others.length > 0) return `${rolledBack} together with ${joinWithAnd(others)}`;
  return failures.some(({ cancelled }) => cancelled)
    ? `${rolledBack} because ${byPlace('the job was cancelled', 'it was interrupted')}`
    : `${rolledBack} because url did not answer as expected`;
}

/** A rollback leaves a host as it was found, and it may have been unhealthy then. */
function unhealthyWarning(
  before: readonly ObservedHost[],
  hosts: readonly DeploymentHost[],
  { steps }: RolledBackOutcome,
): string {
  const unhealthy = before.filter((observed) => {
    const live = liveRelease(observed);
    const moved = hosts.some(({ host, is }) => host === observed.host && is !== live?.id);
    const repaired = steps.some(
      ({ host, ok, action }) =>
        ok && host === observed.host && action.kind === 'check-health' && action.release === live?.id,
    );
    return live?.observed !== undefined && !isFullyServing(live.observed) && !moved && !repaired;
  });
  if (unhealthy.length === 0) return '';
  const where = joinWithAnd(unhealthy.map(({ host }) => host));
  return ` The live release was unhealthy on ${where} before this run, and it was not repaired: look at ${where} now.`;
}
