import type { ReleaseId } from '../model/identifiers.ts';
import { withoutReleases } from '../release/records.ts';
import { allOrThrow } from '../run/promises.ts';
import { listReleaseContainers } from './containers.ts';
import { listFileVolumes, removeFileVolumes } from './file-volumes.ts';
import type { HostContext } from './host-context.ts';
import { listRetainedImages, removeImages } from './retained-images.ts';
import { updateRecords } from './update-records.ts';

/**
 * Removes releases with their containers, images and volumes, each kind at once: an image and a volume are refused while a container
 * has them. The record goes last, so that the next run repeats what a killed one did not finish.
 */
export async function pruneReleases(context: HostContext, ids: readonly ReleaseId[]): Promise<string> {
  const { engine, appEnvironment, desired, runState } = context;
  const { releases } = runState.records;
  const removed = releases.filter(({ id }) => ids.includes(id));
  const kept = releases.filter(({ id }) => !ids.includes(id));
  const [containers, retained, volumes] = await allOrThrow([
    listReleaseContainers(context, ids),
    listRetainedImages(context),
    listFileVolumes(engine, appEnvironment),
  ]);
  await allOrThrow(containers.map(({ id }) => engine.removeContainer(id, { force: true })));
  // The new release may be made of an image of a failed one.
  runState.foundImages.clear();
  await allOrThrow([
    removeImages(context, { retained, removed, kept, desired }),
    removeFileVolumes(engine, appEnvironment, volumes, kept),
  ]);
  await updateRecords(context, withoutReleases(runState.records, ids));
  return `${ids.length} removed`;
}
