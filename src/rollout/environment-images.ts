import type { Engine } from '../engine/engine.ts';
import type { AppEnvironment } from '../model/app-environment.ts';
import type { InventoryImage } from '../model/inventory.ts';
import type { Release } from '../model/release.ts';
import { findImage } from '../transfer/found-image.ts';
import { isDigestTag } from '../transfer/local-image.ts';
import { retentionRepository } from './retained-images.ts';

/** The images that an environment keeps on a host by its tags, whichever release they are of. */

/**
 * @param releases the recorded ones
 * @param needed ids of the images that the containers of others use
 */
export async function findEnvironmentImages(
  engine: Engine,
  appEnvironment: AppEnvironment,
  releases: readonly Pick<Release, 'services'>[],
  needed: ReadonlySet<string>,
): Promise<readonly InventoryImage[]> {
  const repository = retentionRepository(appEnvironment);
  const found = await engine.listImages({ reference: [repository] });
  // With the containerd image store, `docker image prune --all` takes the tags that keep images, and leaves the names that containers have.
  const names = new Set(
    releases.flatMap(({ services }) => Object.values(services).map(({ image }) => image)),
  );
  const named = await Promise.all([...names].map((image) => findImage(engine, image)));
  const ids = new Set([...found.map(({ id }) => id), ...named.flatMap((each) => each?.details.id ?? [])]);
  // The list has only the tags that match.
  const images = await Promise.all([...ids].map((id) => engine.inspectImage(id)));
  return images.flatMap((image) => {
    if (image === undefined) return [];
    const { id, repoTags, repoDigests: digests } = image;
    const tags = repoTags.filter((tag) => tag.startsWith(`${repository}:`));
    const ofDigest = repoTags.filter(isDigestTag);
    const usedElsewhere = needed.has(id) || tags.length + ofDigest.length < repoTags.length;
    // Nothing of it is this environment's.
    if (usedElsewhere && tags.length === 0) return [];
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
