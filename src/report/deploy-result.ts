import { messageWithoutHost } from '../model/errors.ts';
import type { HostName, ObservedHost } from '../model/host.ts';
import type { Release, ReleaseId } from '../model/release.ts';
import { isFullyServing, liveRelease } from '../plan/host-queries.ts';
import type { Outcome, RolloutFailure, StepResult } from '../plan/outcome.ts';
import type { Action, ReleaseInSlot } from '../plan/steps.ts';
import { joinWithAnd } from './action-text.ts';
import { downtimeOf } from './downtime.ts';
import { failureState, type RolledBackOutcome } from './failure-state.ts';
import { commonRelease } from './hosts.ts';
import { movesTraffic } from './outcome-text.ts';
import type { HostReport, ReportResult } from './report.ts';

/** How a run ended: what each host serves now and why, and that in a sentence. Every word about it is made from this. */
export interface DeployResult {
  readonly result: ReportResult;
  readonly state: string;
  readonly hosts: readonly HostReport[];
  /** The one release that every host serves; `undefined` when they differ, when none does, or when one is not known. */
  readonly live: ReleaseId | undefined;
}

/** How carrying out a plan ended, from what was there before and what was done. Pure. */
export function deployResultOf(
  before: readonly ObservedHost[],
  release: Release,
  outcome: Outcome,
): DeployResult {
  const hosts = before.map((observed) => hostResultOf(observed, release, outcome));
  const hasChanges = outcome.steps.some(isNoticeable);
  return outcome.kind === 'succeeded'
    ? makeDeployResult('deployed', hosts, `${release.id} is live.`)
    : hasChanges
      ? makeDeployResult(
          'rolled-back',
          hosts,
          failureState(hosts, release.id, outcome) + unhealthyWarning(before, hosts, outcome),
        )
      : makeDeployResult('failed', hosts, 'Nothing was deployed.');
}

/** Every host was as wanted already. Pure. */
export function unchangedResult(before: readonly ObservedHost[], { id }: Release): DeployResult {
  const hosts = before.map(({ host }) => ({ host, was: id, is: id, why: 'already live', kept: [] }));
  return makeDeployResult('unchanged', hosts, NOTHING_CHANGED_TEXT);
}

export const NOTHING_CHANGED_TEXT = 'Nothing was changed.';

const makeDeployResult = (
  result: ReportResult,
  hosts: readonly HostReport[],
  state: string,
): DeployResult => ({
  result,
  hosts,
  state,
  live: commonRelease(hosts),
});

/** Images that come, or go with tries that failed, change nothing that anybody would notice. */
const isNoticeable = ({ stage, action }: StepResult): boolean =>
  stage !== 'pull' && action.kind !== 'prune-releases';

function hostResultOf(observed: ObservedHost, release: Release, outcome: Outcome): HostReport {
  const { host } = observed;
  const was = liveRelease(observed)?.id;
  const steps = outcome.steps.filter((step) => step.host === host);
  const downtime = downtimeOf(steps, observed, release);
  const report = { host, was, kept: [], ...(downtime === undefined ? {} : { downtime }) };
  if (outcome.kind === 'succeeded') {
    return { ...report, is: release.id, why: steps.length === 0 ? 'already live' : 'healthy' };
  }
  const failedRepair = outcome.failures.find((failure) => failure.host === host && isFailedRepair(failure));
  if (failedRepair !== undefined) {
    const cause = messageWithoutHost(host, failedRepair.error);
    return { ...report, is: undefined, unknown: true, stuck: true, why: `COULD NOT BE MENDED: ${cause}` };
  }
  const left = outcome.undoFailures.filter((failure) => failure.host === host);
  const [first] = left;
  if (first === undefined)
    return { ...report, is: releaseServedAtEnd(steps, observed), why: hostReason(host, steps, outcome) };
  const cause = messageWithoutHost(host, first.error);
  // Where no edge leads to either release, what runs serves.
  const edgeless = trafficAtEnd(steps, observed) === undefined && release.routes.length === 0;
  return edgeless || left.some(({ action }) => action === undefined || !CLEANUP_ACTIONS.has(action.kind))
    ? { ...report, is: undefined, unknown: true, stuck: true, why: `COULD NOT BE MOVED BACK: ${cause}` }
    : {
        ...report,
        is: releaseServedAtEnd(steps, observed),
        stuck: true,
        why: `NOT EVERYTHING COULD BE TAKEN BACK: ${cause}`,
      };
}

/** What serves after a move that failed is not known, and nothing takes back what is mended. */
const isFailedRepair = ({ stage, action }: RolloutFailure): boolean =>
  stage === 'recover' && action !== undefined && REPAIR_ACTIONS.has(action.kind);

const REPAIR_ACTIONS: ReadonlySet<Action['kind']> = new Set([
  'switch-traffic',
  'balance-replicas',
  'clear-slot',
  'accept-release',
  'record-rollback',
]);

/** Undos that matter to no request: what is served is known although they failed. */
const CLEANUP_ACTIONS: ReadonlySet<Action['kind']> = new Set([
  'stop-services',
  'drain-traffic',
  'record-rollback',
  'remove-edge',
  'remove-unused-front',
]);

/** What serves at last: an interrupted run is mended before anything else, and that is not taken back. */
function releaseServedAtEnd(steps: readonly StepResult[], observed: ObservedHost): ReleaseId | undefined {
  const traffic = trafficAtEnd(steps, observed);
  if (traffic !== undefined || observed.traffic !== undefined) return traffic?.release;
  // Where no edge leads anywhere what is accepted serves, as a history says that may have been mended.
  const recorded = steps
    .filter(({ ok, stage }) => ok && stage === 'recover')
    .map(({ action }) => action)
    .findLast(({ kind }) => kind === 'accept-release' || kind === 'record-rollback');
  if (recorded?.kind === 'accept-release') return recorded.release;
  return recorded?.kind === 'record-rollback' ? recorded.previous : liveRelease(observed)?.id;
}

/** Where the traffic went last. */
const trafficAtEnd = (steps: readonly StepResult[], { traffic }: ObservedHost): ReleaseInSlot | undefined =>
  steps
    .filter(({ ok }) => ok)
    .reduce<ReleaseInSlot | undefined>((before, { action }) => trafficAfter(action, before), traffic);

/** Where all requests go after an action, or most of them. Emptying another slot takes none from the one that is asked. */
function trafficAfter(action: Action, before: ReleaseInSlot | undefined): ReleaseInSlot | undefined {
  if (action.kind === 'switch-traffic' || action.kind === 'balance-replicas') return action;
  return action.kind === 'clear-slot' && action.slot === before?.slot ? undefined : before;
}

function hostReason(host: HostName, steps: readonly StepResult[], { failures }: RolledBackOutcome): string {
  const own = failures.filter((failure) => failure.host === host);
  if (own.length > 0) return own.map(({ error }) => messageWithoutHost(host, error)).join(' · ');
  if (!steps.some(isNoticeable)) return 'not touched';
  const back = steps.some(movesTraffic) ? 'moved back' : 'taken back';
  const others = failures.flatMap((failure) => failure.host ?? []);
  if (others.length > 0) return `${back} with ${joinWithAnd(others)}`;
  return failures.some(({ cancelled }) => cancelled === true)
    ? `${back}, because the job was cancelled`
    : `${back}, because url did not answer as expected`;
}

/** A host is left as it was found; that may not have been well. */
function unhealthyWarning(
  before: readonly ObservedHost[],
  hosts: readonly HostReport[],
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
  return ` But what serves did not run in full on ${where} when this began, and was not mended: look at it now.`;
}
