import type { Engine } from '../engine/engine.ts';
import type { AppEnvironment } from '../model/app-environment.ts';
import type { InventoryImage } from '../model/inventory.ts';
import { isDigestTag } from '../transfer/local-image.ts';
import { retentionRepository } from './retained-images.ts';

/** The images that an environment keeps on a host by its tags, whichever release they are of. */

/** @param needed ids of the images that the containers of others use */
export async function findEnvironmentImages(
  engine: Engine,
  appEnvironment: AppEnvironment,
  needed: ReadonlySet<string>,
): Promise<readonly InventoryImage[]> {
  const repository = retentionRepository(appEnvironment);
  const found = await engine.listImages({ reference: [repository] });
  // The list has only the tags that match.
  const images = await Promise.all(found.map(({ id }) => engine.inspectImage(id)));
  return images.flatMap((image) => {
    if (image === undefined) return [];
    const { id, repoTags, repoDigests: digests } = image;
    const tags = repoTags.filter((tag) => tag.startsWith(`${repository}:`));
    const ofDigest = repoTags.filter(isDigestTag);
    const usedElsewhere = needed.has(id) || tags.length + ofDigest.length < repoTags.length;
    return [{ id, tags, digests: [...digests, ...ofDigest], usedElsewhere }];
  });
}

/**
 * Removes the tags of an environment, and the images that nothing else needs. The digests of such an image go first: by the tag
 * the next run finds it again, if this one is killed.
 * @returns how many images were removed
 */
export async function removeEnvironmentImages(
  engine: Engine,
  images: readonly InventoryImage[],
): Promise<string> {
  let removed = 0;
  for (const { id, tags, digests, usedElsewhere } of images) {
    for (const reference of usedElsewhere ? tags : [...digests, ...tags]) await engine.removeImage(reference);
    if ((await engine.inspectImage(id)) === undefined) removed += 1;
  }
  return `${removed} of ${images.length} images removed`;
}
