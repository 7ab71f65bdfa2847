import { type HistoryEntry, standingAcceptances } from '../model/history.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import { hasAllContainers, isFullyUp, liveRelease } from './host-queries.ts';
import { findInterruptedDeploy } from './interrupted-deploy.ts';
import { type Step, step, withReason } from './plan.ts';

/** What is to be done on a host, before all else, so that it ends on what the others end on if this run fails. */
export interface HostRepair {
  /** What makes the host's own history say what the fleet's says. */
  readonly historySteps: readonly Step[];
  /**
   * What serves here was never accepted and other hosts do not serve it: it makes way for what was, or for nothing, even
   * where nothing of that runs.
   */
  readonly mustYield: boolean;
}

export const NO_REPAIR: HostRepair = { historySteps: [], mustYield: false };

/** A host as it was found, but that what the fleet accepted counts as accepted here. */
interface ReconciledHost extends HostRepair {
  readonly host: ObservedHost;
}

const withoutRepair = (host: ObservedHost): ReconciledHost => ({ host, ...NO_REPAIR });

/** The ground of each host, in order. A run that was killed anywhere may have left them with different ones; these are one. Pure. */
export function reconcileFleet(hosts: readonly ObservedHost[]): readonly ReconciledHost[] {
  const reconciledHosts = reconcileHistories(hosts);
  const ends = reconciledHosts.map(
    ({ host }) => (findInterruptedDeploy(host)?.lastGood ?? liveRelease(host))?.id,
  );
  if (new Set(ends).size < 2) return reconciledHosts;
  return reconciledHosts.map((reconciled, index) => ({
    ...reconciled,
    mustYield: ends[index] !== reconciled.host.accepted && canYield(reconciled.host),
  }));
}

function canYield(host: ObservedHost): boolean {
  const { accepted, traffic, edge } = host;
  return (
    traffic !== undefined &&
    edge.state === 'running' &&
    (accepted === undefined || canRestartRelease(host, accepted))
  );
}

function canRestartRelease({ releases }: ObservedHost, id: ReleaseId): boolean {
  const found = releases.find((release) => release.id === id);
  return hasAllContainers(found) && found?.restartFailed !== true;
}

/**
 * A run that is killed while its hosts accept leaves some that did and some that did not. Accepting begins when the release
 * has proven itself on all of them: where it stands on all, the others accept it too. Where one has gone back already, all do.
 */
function reconcileHistories(hosts: readonly ObservedHost[]): readonly ReconciledHost[] {
  const partialAcceptances = hosts.flatMap((host) => {
    const last = standingAcceptances(host.history).at(-1);
    if (last === undefined) return [];
    const behind = hosts.filter(
      (other) => other !== host && hasMissedAcceptance(other, last, timesAccepted(host, last.release)),
    );
    return behind.length === 0 ? [] : [{ last, behind }];
  });
  const [partial] = partialAcceptances;
  if (partial === undefined || partialAcceptances.some(({ last }) => last.release !== partial.last.release))
    return hosts.map(withoutRepair);
  const behind = new Set(partialAcceptances.flatMap((each) => each.behind));
  if ([...behind].every((host) => isReadyToAccept(host, partial.last.release)))
    return hosts.map((host) => (behind.has(host) ? acceptLate(host, partial.last) : withoutRepair(host)));
  return hosts.map((host) =>
    host.accepted === partial.last.release
      ? revertAcceptance(host, partial.last.release)
      : withoutRepair(host),
  );
}

/** Whether a host was in a run that was accepted elsewhere, and has not accepted it itself. One that was made anew since has not been. */
function hasMissedAcceptance(host: ObservedHost, { release, fleet }: HistoryEntry, times: number): boolean {
  return (
    fleet?.includes(host.host) === true &&
    host.accepted !== release &&
    timesAccepted(host, release) < times &&
    host.releases.some(({ id }) => id === release)
  );
}

/** How often a release took over from another one: mending it is no further time. */
function timesAccepted({ history }: ObservedHost, id: ReleaseId): number {
  const ids = standingAcceptances(history).map(({ release }) => release);
  return ids.filter((each, index) => each === id && ids[index - 1] !== id).length;
}

/** Whether a host has come so far with a release that it was about to accept it. */
function isReadyToAccept({ traffic, releases }: ObservedHost, id: ReleaseId): boolean {
  const found = releases.find((release) => release.id === id);
  if (found === undefined) return false;
  const hasWaysIn = found.record === undefined || found.record.routes.length > 0;
  return hasWaysIn ? traffic?.release === id && traffic.splitWith === undefined : isFullyUp(found);
}

function acceptLate(host: ObservedHost, { release, command = 'deploy' }: HistoryEntry): ReconciledHost {
  const accept = step({
    kind: 'accept-release',
    release,
    previous: host.accepted,
    command,
  });
  return {
    host: { ...host, accepted: release },
    historySteps: withReason('it had proven itself on all hosts', 'accept-release', [accept]),
    mustYield: false,
  };
}

function revertAcceptance(host: ObservedHost, release: ReleaseId): ReconciledHost {
  const accepted = standingAcceptances(host.history);
  const before = accepted.findLastIndex((entry) => entry.release !== release);
  const former = accepted[before]?.release;
  if (former !== undefined && !canRestartRelease(host, former)) return withoutRepair(host);
  const back = step({ kind: 'record-rollback', release, previous: former });
  return {
    host: { ...host, accepted: former },
    historySteps: withReason(
      'not every host has accepted it',
      'record-rollback',
      accepted.slice(before + 1).map(() => back),
    ),
    mustYield: false,
  };
}
