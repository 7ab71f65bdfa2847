import { acceptances } from '../model/history.ts';
import type { ReleaseId } from '../model/release.ts';
import { type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';

/** Of releases that failed, so many stay until one is accepted: what the last one said and left is evidence. */
const FAILED_KEPT = 1;

/**
 * Removes tries that were never accepted, but for the last. They would fill the disk of a host on which one deploy fails after
 * the other; so they go before it is judged whether there is room for the next one.
 */
export function pruneFailed(task: HostTask): readonly Step[] {
  const gone = failed(task).slice(0, -FAILED_KEPT);
  return gone.length === 0 ? [] : [step({ kind: 'prune', releases: gone })];
}

/** Releases that no one needs any more, in the order in which they were first tried last. */
function failed({ host, wanted, live, stranded }: HostTask): readonly ReleaseId[] {
  const needed = new Set([
    ...acceptances(host.history).map(({ release }) => release),
    ...[host.accepted, host.traffic?.release, host.traffic?.shared, live?.id, stranded?.other?.id],
    wanted.release.id,
    // Its record alone knows how an accessory was made that is there.
    ...host.releases
      .filter(({ record }) => defines(record?.definitions, host.accessories))
      .map(({ id }) => id),
  ]);
  return host.releases.map(({ id }) => id).filter((id) => !needed.has(id));
}

function defines(
  definitions: Readonly<Record<string, string>> = {},
  accessories: HostTask['host']['accessories'],
): boolean {
  return accessories.some(
    ({ service, definition }) => definition !== undefined && definitions[service] === definition,
  );
}
