import { validAcceptances } from '../model/history.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { isCreatedFrom } from './accessories.ts';
import { type Step, step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';

/** So many failed releases stay until one is accepted: the logs of the last one are evidence. */
const KEPT_FAILED_RELEASES = 1;

/** A step that removes releases; none if there is nothing to remove, or if the records can't tell which. */
const pruneStep = ({ host }: PlanningContext, releases: readonly ReleaseId[]): readonly Step[] =>
  releases.length === 0 || host.recordsUnreadable ? [] : [step({ kind: 'prune-releases', releases })];

/** Removes the releases that are neither among the `keep` last accepted ones nor desired nor replaced by this plan. */
export function pruneOldReleases(context: PlanningContext): readonly Step[] {
  const { host, desired, previous } = context;
  const acceptedNewestFirst = validAcceptances(host.history)
    .map(({ release }) => release)
    .reverse();
  const newestFirst = [desired.release.id, ...(previous ? [previous.id] : []), ...acceptedNewestFirst];
  const kept = new Set([...new Set(newestFirst)].slice(0, Math.max(desired.keep, 1)));
  return pruneStep(
    context,
    host.releases.map(({ id }) => id).filter((id) => !kept.has(id)),
  );
}

/**
 * Removes the releases that were never accepted, except the last one. On a host where one deploy after the other fails they
 * would fill the disk, so they are removed before the free space is checked for the next release.
 */
export function pruneFailedReleases(context: PlanningContext): readonly Step[] {
  return pruneStep(context, failedReleases(context).slice(0, -KEPT_FAILED_RELEASES));
}

/** Releases that nothing needs any more, in the order in which they were last tried. */
function failedReleases({ host, desired, live, interrupted }: PlanningContext): readonly ReleaseId[] {
  const needed = new Set([
    ...validAcceptances(host.history).map(({ release }) => release),
    ...[host.accepted, host.traffic?.release, host.traffic?.splitWith, live?.id, interrupted?.competing?.id],
    desired.release.id,
    // Only this record has the definition from which an existing accessory was created.
    ...host.releases
      .filter(({ record }) => host.accessories.some((accessory) => isCreatedFrom(accessory, record)))
      .map(({ id }) => id),
  ]);
  return host.releases.map(({ id }) => id).filter((id) => !needed.has(id));
}
