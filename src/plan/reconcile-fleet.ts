import { type HistoryEntry, validAcceptances } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { canRestart, isFullyUp, liveRelease, mayHaveRoutes, releaseOnHost } from './host-queries.ts';
import { findInterruptedDeploy } from './interrupted-deploy.ts';
import { type Step, step } from './plan.ts';

/*
 * A killed run can leave the hosts of a fleet in different states. If this run fails as well, all hosts must end on the same
 * release, so the plans of all hosts begin with the same last good release:
 *
 * - Killed while the hosts accept: some have accepted the release, the others have not. `accept` begins only when the release
 *   is verified on all hosts. If it is still there on all, the others accept it late. If one has rolled back already, those
 *   that accepted it revert that.
 * - Killed before `accept`, after only some hosts switched: a release that was never accepted serves there, and on the
 *   others it does not. The accepted release replaces it, even with downtime. If there is none, its traffic ends.
 */

/** What a host needs first, so that it agrees with the rest of the fleet. */
export interface HostRepair {
  /** Steps that make the host's history agree with the fleet's. */
  readonly historySteps: readonly Step[];
  /** The release with the traffic was never accepted and other hosts do not serve it: it stops before the plan begins. */
  readonly mustBeReplaced: boolean;
}

export const NO_REPAIR: HostRepair = { historySteps: [], mustBeReplaced: false };

/** A host as observed, except that `accepted` is what the fleet accepted. */
interface ReconciledHost extends HostRepair {
  readonly host: ObservedHost;
}

const withoutRepair = (host: ObservedHost): ReconciledHost => ({ host, ...NO_REPAIR });

/** The hosts in order, each with what it needs so that all of them start from the same release. Pure. */
export function reconcileFleet(hosts: readonly ObservedHost[]): readonly ReconciledHost[] {
  const reconciledHosts = reconcileHistories(hosts);
  // The release that each host would end on if this run failed.
  const ends = reconciledHosts.map(
    ({ host }) => (findInterruptedDeploy(host)?.lastGood ?? liveRelease(host))?.id,
  );
  if (new Set(ends).size < 2) return reconciledHosts;
  return reconciledHosts.map((reconciled, index) => ({
    ...reconciled,
    mustBeReplaced: ends[index] !== reconciled.host.accepted && canBeReplaced(reconciled.host),
  }));
}

/** The release that all hosts have accepted, or that those which lack its acceptance are ready to accept; `undefined` if they differ. Pure. */
export function acceptedByFleet(hosts: readonly ObservedHost[]): ReleaseId | undefined {
  const [first, ...others] = new Set(reconcileHistories(hosts).map(({ host }) => host.accepted));
  return others.length === 0 ? first : undefined;
}

/** Whether the release with the traffic can be replaced by the accepted one, or by nothing. */
function canBeReplaced(host: ObservedHost): boolean {
  const { accepted, traffic, edge } = host;
  return (
    traffic !== undefined &&
    edge.state === 'running' &&
    (accepted === undefined || canRestart(releaseOnHost(host, accepted).observed))
  );
}

/** Completes or reverts an acceptance that only some of its hosts have recorded. */
function reconcileHistories(hosts: readonly ObservedHost[]): readonly ReconciledHost[] {
  const partialAcceptances = hosts.flatMap((host) => {
    const last = validAcceptances(host.history).at(-1);
    if (last === undefined) return [];
    const times = timesAccepted(host, last.release);
    const behind = hosts.filter((other) => other !== host && hasMissedAcceptance(other, last, times));
    return behind.length === 0 ? [] : [{ last, behind }];
  });
  const [partial] = partialAcceptances;
  if (partial === undefined || partialAcceptances.some(({ last }) => last.release !== partial.last.release))
    return hosts.map(withoutRepair);
  const { last } = partial;
  const behind = new Set(partialAcceptances.flatMap((each) => each.behind));
  if ([...behind].every((host) => isReadyToAccept(host, last.release)))
    return hosts.map((host) => (behind.has(host) ? acceptLate(host, last) : withoutRepair(host)));
  return hosts.map((host) =>
    host.accepted === last.release ? revertAcceptance(host, last.release) : withoutRepair(host),
  );
}

/** Whether a host took part in a run that others accepted, and has not accepted it. A host that was set up again did not. */
function hasMissedAcceptance(host: ObservedHost, { release, fleet }: HistoryEntry, times: number): boolean {
  return (
    fleet?.includes(host.host) === true &&
    host.accepted !== release &&
    timesAccepted(host, release) < times &&
    host.releases.some(({ id }) => id === release)
  );
}

/** How often a release replaced another one. A repair of the accepted release does not count. */
function timesAccepted({ history }: ObservedHost, id: ReleaseId): number {
  const ids = validAcceptances(history).map(({ release }) => release);
  return ids.filter((each, index) => each === id && ids[index - 1] !== id).length;
}

/** Whether a host has everything of a release but its acceptance. */
function isReadyToAccept(host: ObservedHost, id: ReleaseId): boolean {
  const found = releaseOnHost(host, id);
  if (found.observed === undefined) return false;
  const { traffic } = host;
  return mayHaveRoutes(found)
    ? traffic?.release === id && traffic.splitWith === undefined
    : isFullyUp(found.observed);
}

function acceptLate(host: ObservedHost, { release, command = 'deploy' }: HistoryEntry): ReconciledHost {
  const accept = step({ kind: 'accept-release', release, previous: host.accepted, command });
  const historySteps = [{ ...accept, reason: 'it was verified on all hosts' }];
  return { ...NO_REPAIR, host: { ...host, accepted: release }, historySteps };
}

/** Goes back to the release that was accepted before, with one `record-rollback` for each acceptance since. */
function revertAcceptance(host: ObservedHost, release: ReleaseId): ReconciledHost {
  const accepted = validAcceptances(host.history);
  const before = accepted.findLastIndex((entry) => entry.release !== release);
  const previous = accepted[before]?.release;
  if (previous !== undefined && !canRestart(releaseOnHost(host, previous).observed))
    return withoutRepair(host);
  const revert = step({ kind: 'record-rollback', release, previous });
  const reason = 'not every host has accepted it';
  const historySteps = accepted.slice(before + 1).map(() => ({ ...revert, reason }));
  return { ...NO_REPAIR, host: { ...host, accepted: previous }, historySteps };
}
