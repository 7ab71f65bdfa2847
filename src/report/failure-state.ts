import { messageWithoutHost, SealiftError } from '../model/errors.ts';
import type { HostName, ReleaseId } from '../model/identifiers.ts';
import { joinWithAnd } from '../model/text.ts';
import { type Action, traitsOf } from '../plan/actions.ts';
import type { Outcome, RolloutFailure, StepResult } from '../plan/outcome.ts';
import { describeFailures, type ReportedFailure } from './failures.ts';
import type { DeploymentHost } from './host-report.ts';
import { commonRelease } from './host-status.ts';
import { REMAINS_TEXT, sentence } from './text-format.ts';

export type RolledBackOutcome = Outcome & { readonly kind: 'rolled-back' };

/** The state that a failed run leaves, as text: what each host serves now. Pure. */
export function failureState(
  hosts: readonly DeploymentHost[],
  wanted: ReleaseId,
  outcome: RolledBackOutcome,
): string {
  if (hosts.some(({ rollbackIncomplete }) => rollbackIncomplete))
    return incompleteRollbackText(hosts, outcome);
  return servingText(hosts, wanted, outcome) + repairedText(hosts);
}

/** Whether a step of the deploy itself, not of the repair before it, moved requests to another release. */
export const movesTraffic = (step: StepResult): boolean =>
  isDeployStep(step) && traitsOf(step.action).movesTraffic === true;

const isDeployStep = ({ undo, stage }: StepResult): boolean => !undo && stage !== 'recover';

const isAsBefore = ({ was, is }: DeploymentHost): boolean => was === is;

function servingText(
  hosts: readonly DeploymentHost[],
  wanted: ReleaseId,
  outcome: RolledBackOutcome,
): string {
  const { steps } = outcome;
  const asBefore = hosts.every(isAsBefore) ? ', as before' : '';
  const givenBack = steps.flatMap(({ action, ok }) =>
    ok && action.kind === 'start-project' ? [action] : [],
  );
  if (hosts.every(({ is }) => is === undefined) && givenBack.length > 0) return givenBackText(givenBack);
  if (hosts.every(({ is }) => is === undefined)) return `Nothing is live${asBefore}. ${REMAINS_TEXT}`;
  const live = commonRelease(hosts);
  if (live === wanted) return `${wanted} is live${asBefore}. The repair failed.`;
  const started = steps.some(
    (step) => isDeployStep(step) && step.action.kind === 'start-services' && step.action.release === wanted,
  );
  const traffic = live === undefined ? releasesText(hosts) : trafficText(live, hosts, outcome);
  return `${traffic}; ${started ? `${wanted} is stopped` : `nothing of ${wanted} was started`}.`;
}

/** The projects that the deploy was to take over. */
function givenBackText(actions: readonly Action<'start-project'>[]): string {
  const projects = (some: typeof actions): string =>
    joinWithAnd([...new Set(some.map(({ project }) => project))]);
  const restarted = actions.filter(({ onlyNames }) => onlyNames !== true);
  const state =
    restarted.length > 0
      ? `The project ${projects(restarted)} runs again, as before.`
      : `Nothing is live: the project ${projects(actions)} is stopped, as before.`;
  return `${state} Networks that were created remain.`;
}

/** What happened to the requests where every host serves `live` at the end. */
function trafficText(
  live: ReleaseId,
  hosts: readonly DeploymentHost[],
  { steps, reachability }: RolledBackOutcome,
): string {
  // That the traffic stayed, or is back, would say that visitors are served.
  if (hosts.some(({ unreachable }) => unreachable !== undefined)) return `${live} is the live release`;
  // Nothing that visitors reach, or nothing from which it could be asked.
  if (reachability !== undefined && hosts.some(({ host }) => reachability.get(host)?.after === undefined))
    return `${live} is the live release (it was not asked whether it answers)`;
  const missed = [...new Set(steps.flatMap((step) => step.interrupted?.services ?? []))];
  if (steps.some(movesTraffic)) return `Traffic is on ${live} again${afterStopText(missed)}`;
  // A repair may have moved it there from another release.
  if (steps.some(({ action, stage }) => stage === 'recover' && traitsOf(action).movesTraffic))
    return `Traffic is on ${live}`;
  const stopped = [...new Set(steps.flatMap((step) => stoppedBy(step, live)))];
  return stopped.length === 0
    ? `Traffic stayed on ${live}`
    : `Traffic is on ${live} again${afterStopText(stopped)}`;
}

const afterStopText = (services: readonly string[]): string =>
  services.length === 0 ? '' : `, after a stop of ${joinWithAnd(services)}`;

/** What visitors missed for a while, although the release stayed live: services of it, and accessories that were replaced. */
function stoppedBy(step: StepResult, live: ReleaseId): readonly string[] {
  const { action, interrupted } = step;
  if (interrupted !== undefined) return interrupted.services;
  return isDeployStep(step) && action.kind === 'stop-services' && action.release === live
    ? action.services
    : [];
}

/** `As before, s1 and s2 serve 1a2b3c4d; s3 serves nothing`. */
function releasesText(hosts: readonly DeploymentHost[]): string {
  const byRelease = new Map<ReleaseId | 'nothing', HostName[]>();
  for (const { host, is = 'nothing' } of hosts) byRelease.set(is, [...(byRelease.get(is) ?? []), host]);
  const serving = [...byRelease].map(
    ([release, same]) => `${joinWithAnd(same)} ${same.length === 1 ? 'serves' : 'serve'} ${release}`,
  );
  return `${hosts.every(isAsBefore) ? 'As before, ' : ''}${serving.join('; ')}`;
}

/** The hosts that serve another release than before, although this run has failed. */
function repairedText(hosts: readonly DeploymentHost[]): string {
  const repaired = hosts
    .filter((host) => !isAsBefore(host))
    .map(({ host, was }) => `${host} served ${was ?? 'nothing'}`);
  return repaired.length === 0
    ? ''
    : ` This run first repaired what an interrupted run had left: ${joinWithAnd(repaired)}.`;
}

function incompleteRollbackText(
  hosts: readonly DeploymentHost[],
  { failures, undoFailures }: RolledBackOutcome,
): string {
  // One failure per host; a lost connection, for instance, fails every undo. What made the run fail is in the error already.
  const reported = new Set(failures.map(messageOfFailure));
  const firstByHost = new Map([...undoFailures].reverse().map((failure) => [failure.host, failure]));
  const first = [...firstByHost.values()];
  const newFailures: readonly ReportedFailure[] = [
    ...first.filter(isFailedCheck).map(failedRestart),
    ...first.filter((failure) => !isFailedCheck(failure) && !reported.has(messageOfFailure(failure))),
  ];
  const where = joinWithAnd(
    hosts.filter(({ rollbackIncomplete }) => rollbackIncomplete).map(({ host }) => host),
  );
  const known = hosts.filter(({ unknown }) => unknown !== true);
  return [
    `${undoFailures.length === 0 ? 'REPAIR FAILED' : 'ROLLBACK INCOMPLETE'} on ${where}.`,
    ...(newFailures.length === 0 ? [] : [sentence(describeFailures(newFailures))]),
    ...(known.length === 0 ? [] : [`${releasesText(known)}.`]),
    `Look at ${where} now.`,
  ].join(' ');
}

const messageOfFailure = ({ host, error }: ReportedFailure): string => messageWithoutHost(host, error);

type FailedCheck = RolloutFailure & { readonly action: Action<'check-health'> };

const isFailedCheck = (failure: RolloutFailure): failure is FailedCheck =>
  failure.action?.kind === 'check-health';

/** The previous release may fail to start for the same reason as the new one, so this is never reported yet. */
const failedRestart = (failure: FailedCheck): ReportedFailure => ({
  host: failure.host,
  error: new SealiftError(`${failure.action.release} could not be restarted: ${messageOfFailure(failure)}`),
});
