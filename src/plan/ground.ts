import { acceptances } from '../model/history.ts';
import type { HistoryEntry, ObservedHost } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import { hasAllContainers, isWhole, liveRelease } from './situation.ts';
import { because, type Step, step } from './steps.ts';
import { strandedOn } from './stranded.ts';

/** What is to be done on a host, before all else, so that it ends on what the others end on if this run fails. */
export interface Amends {
  /** What makes the host's own history say what the fleet's says. */
  readonly amends: readonly Step[];
  /**
   * What serves here was never accepted and other hosts do not serve it: it makes way for what was, or for nothing, even
   * where nothing of that runs.
   */
  readonly givesWay: boolean;
}

export const NO_AMENDS: Amends = { amends: [], givesWay: false };

/** A host as it was found, but that what the fleet accepted counts as accepted here. */
interface Ground extends Amends {
  readonly host: ObservedHost;
}

const alone = (host: ObservedHost): Ground => ({ host, ...NO_AMENDS });

/** The ground of each host, in order. A run that was killed anywhere may have left them with different ones; these are one. Pure. */
export function groundsOf(hosts: readonly ObservedHost[]): readonly Ground[] {
  const grounds = agreed(hosts);
  const ends = grounds.map(({ host }) => (strandedOn(host)?.good ?? liveRelease(host))?.id);
  if (new Set(ends).size < 2) return grounds;
  return grounds.map((ground, index) => ({
    ...ground,
    givesWay: ends[index] !== ground.host.accepted && canGiveWay(ground.host),
  }));
}

function canGiveWay(host: ObservedHost): boolean {
  const { accepted, traffic, edge } = host;
  return (
    traffic !== undefined && edge.state === 'running' && (accepted === undefined || canReturn(host, accepted))
  );
}

function canReturn({ releases }: ObservedHost, id: ReleaseId): boolean {
  const found = releases.find((release) => release.id === id);
  return hasAllContainers(found) && found?.refused !== true;
}

/**
 * A run that is killed while its hosts accept leaves some that did and some that did not. Accepting begins when the release
 * has proven itself on all of them: where it stands on all, the others accept it too. Where one has gone back already, all do.
 */
function agreed(hosts: readonly ObservedHost[]): readonly Ground[] {
  const halves = hosts.flatMap((host) => {
    const last = acceptances(host.history).at(-1);
    if (last === undefined) return [];
    const behind = hosts.filter(
      (other) => other !== host && isBehind(other, last, timesAccepted(host, last.release)),
    );
    return behind.length === 0 ? [] : [{ last, behind }];
  });
  const [half] = halves;
  if (half === undefined || halves.some(({ last }) => last.release !== half.last.release))
    return hosts.map(alone);
  const behind = new Set(halves.flatMap((each) => each.behind));
  if ([...behind].every((host) => standsOn(host, half.last.release)))
    return hosts.map((host) => (behind.has(host) ? catchingUp(host, half.last) : alone(host)));
  return hosts.map((host) =>
    host.accepted === half.last.release ? goingBack(host, half.last.release) : alone(host),
  );
}

/** Whether a host was in a run that was accepted elsewhere, and has not accepted it itself. One that was made anew since has not been. */
function isBehind(host: ObservedHost, { release, fleet }: HistoryEntry, times: number): boolean {
  return (
    fleet?.includes(host.host) === true &&
    host.accepted !== release &&
    timesAccepted(host, release) < times &&
    host.releases.some(({ id }) => id === release)
  );
}

/** How often a release took over from another one: mending it is no further time. */
function timesAccepted({ history }: ObservedHost, id: ReleaseId): number {
  const ids = acceptances(history).map(({ release }) => release);
  return ids.filter((each, index) => each === id && ids[index - 1] !== id).length;
}

/** Whether a host has come so far with a release that it was about to accept it. */
function standsOn({ traffic, releases }: ObservedHost, id: ReleaseId): boolean {
  const found = releases.find((release) => release.id === id);
  if (found === undefined) return false;
  const hasWaysIn = found.record === undefined || found.record.routes.length > 0;
  return hasWaysIn ? traffic?.release === id && traffic.shared === undefined : isWhole(found);
}

function catchingUp(host: ObservedHost, { release, command = 'deploy' }: HistoryEntry): Ground {
  const accept = step({
    kind: 'accept',
    release,
    previous: host.accepted,
    command,
  });
  return {
    host: { ...host, accepted: release },
    amends: because('it had proven itself on all hosts', 'accept', [accept]),
    givesWay: false,
  };
}

function goingBack(host: ObservedHost, release: ReleaseId): Ground {
  const standing = acceptances(host.history);
  const before = standing.findLastIndex((entry) => entry.release !== release);
  const former = standing[before]?.release;
  if (former !== undefined && !canReturn(host, former)) return alone(host);
  const back = step({ kind: 'turned-back', release, previous: former });
  return {
    host: { ...host, accepted: former },
    amends: because(
      'not every host has accepted it',
      'turned-back',
      standing.slice(before + 1).map(() => back),
    ),
    givesWay: false,
  };
}
