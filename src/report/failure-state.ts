import { messageWithoutHost, SealiftError } from '../model/errors.ts';
import type { ReleaseId } from '../model/release.ts';
import type { Outcome, RolloutFailure } from '../plan/outcome.ts';
import type { Action } from '../plan/steps.ts';
import { joinWithAnd, sentence } from './action-text.ts';
import { describeFailures, type ReportedFailure } from './failures.ts';
import { commonRelease } from './hosts.ts';
import { failedReleaseText, trafficText } from './outcome-text.ts';
import type { HostReport } from './report.ts';

export type RolledBackOutcome = Outcome & { readonly kind: 'rolled-back' };

/** The state that a failed run leaves, in a sentence: what each host serves now, not what was meant. Pure. */
export function failureState(
  hosts: readonly HostReport[],
  wanted: ReleaseId,
  outcome: RolledBackOutcome,
): string {
  if (hosts.some(({ stuck }) => stuck)) return incompleteRollbackText(hosts, outcome);
  return servingText(hosts, wanted, outcome) + repairedText(hosts);
}

function servingText(hosts: readonly HostReport[], wanted: ReleaseId, { steps }: RolledBackOutcome): string {
  if (hosts.every(({ is }) => is === undefined)) {
    const as = hosts.every(isAsBefore) ? ', as before' : '';
    return `Nothing is live${as}; accessories, networks and volumes that were made stay.`;
  }
  const live = commonRelease(hosts);
  if (live === wanted) return `${wanted} has the traffic, as before; what was to be mended is not.`;
  if (live !== undefined) return `${trafficText(live, steps)}; ${failedReleaseText(wanted, steps)}.`;
  const all = hosts.every(isAsBefore) ? 'Every host serves what it served before' : 'The hosts serve';
  return `${all} (${releaseByHost(hosts)}); ${failedReleaseText(wanted, steps)}.`;
}

const isAsBefore = ({ was, is }: HostReport): boolean => was === is;

/** Hosts that serve another release than before, although this run has failed. */
function repairedText(hosts: readonly HostReport[]): string {
  const others = hosts.filter((host) => !isAsBefore(host));
  if (others.length === 0) return '';
  const before = others.map(({ host, was }) => `${host}: ${was ?? 'nothing'}`).join(', ');
  return ` An interrupted run had left ${joinWithAnd(others.map(({ host }) => host))} otherwise (${before}): that was mended first.`;
}

function incompleteRollbackText(
  hosts: readonly HostReport[],
  { failures, undoFailures: left }: RolledBackOutcome,
): string {
  // A host that is lost says so once, however much it refused.
  const reportedMessages = new Set(failures.map(({ host, error }) => messageWithoutHost(host ?? '', error)));
  const first = new Map([...left].reverse().map((failure) => [failure.host, failure]));
  const newFailures: ReportedFailure[] = [...first.values()].filter(isFailedCheck).map(notUpFailure);
  for (const each of first.values()) {
    if (!isFailedCheck(each) && !reportedMessages.has(messageWithoutHost(each.host ?? '', each.error)))
      newFailures.push(each);
  }
  const why = newFailures.length === 0 ? '' : ` ${sentence(describeFailures(newFailures))}`;
  const where = joinWithAnd(hosts.filter((host) => host.stuck === true).map(({ host }) => host));
  const well = hosts.filter((host) => host.stuck !== true);
  const as = well.every(isAsBefore) ? 'what they served before ' : '';
  const others = well.length === 0 ? '' : ` The others serve ${as}(${releaseByHost(well)}).`;
  const known = hosts.filter((host) => host.stuck === true && host.unknown !== true);
  const asked = known.every(isAsBefore) ? 'as before ' : '';
  const serving = known.length === 0 ? '' : ` Requests are answered ${asked}on ${releaseByHost(known)}.`;
  const what = left.length === 0 ? 'MENDED' : 'TAKEN BACK';
  return `NOT EVERYTHING COULD BE ${what} on ${where}.${why}${serving}${others} Look at ${where} now.`;
}

type FailedCheck = RolloutFailure & { readonly action: Action & { readonly kind: 'check-health' } };

const isFailedCheck = (failure: RolloutFailure): failure is FailedCheck =>
  failure.action?.kind === 'check-health';

/** The former release may fail for the same reason as the new one did; that is not said yet. */
const notUpFailure = ({ host, action, error }: FailedCheck): ReportedFailure => ({
  host,
  error: new SealiftError(
    `${action.release} did not come up again: ${messageWithoutHost(host ?? '', error)}`,
  ),
});

const releaseByHost = (hosts: readonly HostReport[]): string =>
  hosts.map(({ host, is }) => `${host}: ${is ?? 'nothing'}`).join(', ');
