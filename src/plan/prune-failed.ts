import { standingAcceptances } from '../model/history.ts';
import type { ReleaseId } from '../model/release.ts';
import type { PlanningContext } from './planning-context.ts';
import { type Step, step } from './steps.ts';

/** Of releases that failed, so many stay until one is accepted: what the last one said and left is evidence. */
const KEPT_FAILED_RELEASES = 1;

/**
 * Removes tries that were never accepted, but for the last. They would fill the disk of a host on which one deploy fails after
 * the other; so they go before it is judged whether there is room for the next one.
 */
export function pruneFailedReleases(context: PlanningContext): readonly Step[] {
  const toPrune = failedReleases(context).slice(0, -KEPT_FAILED_RELEASES);
  return toPrune.length === 0 ? [] : [step({ kind: 'prune-releases', releases: toPrune })];
}

/** Releases that no one needs any more, in the order in which they were first tried last. */
function failedReleases({ host, desired, live, interrupted }: PlanningContext): readonly ReleaseId[] {
  const needed = new Set([
    ...standingAcceptances(host.history).map(({ release }) => release),
    ...[host.accepted, host.traffic?.release, host.traffic?.splitWith, live?.id, interrupted?.competing?.id],
    desired.release.id,
    // Its record alone knows how an accessory was made that is there.
    ...host.releases
      .filter(({ record }) => definesAccessory(record?.definitions, host.accessories))
      .map(({ id }) => id),
  ]);
  return host.releases.map(({ id }) => id).filter((id) => !needed.has(id));
}

function definesAccessory(
  definitions: Readonly<Record<string, string>> = {},
  accessories: PlanningContext['host']['accessories'],
): boolean {
  return accessories.some(
    ({ service, definitionFingerprint: definition }) =>
      definition !== undefined && definitions[service] === definition,
  );
}
