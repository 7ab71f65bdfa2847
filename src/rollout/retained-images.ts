import type { Engine, ImageDetails } from '../engine/engine.ts';
import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import type { PinnedImage } from '../model/image.ts';
import type { Release } from '../model/release.ts';
import { allOrThrow } from '../run/promises.ts';
import { findImage } from '../transfer/found-image.ts';
import { isDigestTag } from '../transfer/local-image.ts';
import type { HostContext } from './host-context.ts';

/** The repository of the tags that keep the images of an environment. */
export const retentionRepository = (appEnvironment: AppEnvironment): string =>
  `sealift/${baseProject(appEnvironment)}`;

/** Each image of services of a release once, in a fixed order. */
export const imagesOfRelease = ({ services }: Pick<Release, 'services'>): readonly PinnedImage[] =>
  [...new Set(Object.values(services).map(({ image }) => image))].sort();

/** The tag that keeps each image of a release on the host. */
export const retentionTags = (
  release: Release,
): readonly { readonly image: PinnedImage; readonly tag: string }[] =>
  imagesOfRelease(release).map((image, index) => ({ image, tag: `${release.id}-${index}` }));

/** The images that have a tag of the environment, with these tags only. */
export const listRetainedImages = ({
  engine,
  appEnvironment,
}: Pick<HostContext, 'engine' | 'appEnvironment'>): Promise<readonly ImageDetails[]> =>
  engine.listImages({ reference: [retentionRepository(appEnvironment)] });

/** Whose images and tags are removed. */
interface PrunedImages {
  /** As `listRetainedImages` has them. */
  readonly retained: readonly ImageDetails[];
  readonly removed: readonly Release[];
  readonly kept: readonly Release[];
  /** A release that may have no record yet. */
  readonly desired: ReleaseId;
}

/**
 * Removes the tags of releases that are not kept, and the images that nothing else has: also what was pulled for releases that no
 * record knows, of runs that were killed between the two. Three rounds of calls: tags, what is left of the images, their names.
 */
export async function removeImages(
  { engine, appEnvironment }: Pick<HostContext, 'engine' | 'appEnvironment'>,
  { retained, removed, kept, desired }: PrunedImages,
): Promise<void> {
  const keptIds = new Set<string>([...kept.map(({ id }) => id), desired]);
  const recorded = new Set<string>([...keptIds, ...removed.map(({ id }) => id)]);
  const prefix = `${retentionRepository(appEnvironment)}:`;
  const ownTags = ({ repoTags }: ImageDetails): readonly string[] =>
    repoTags.filter((tag) => tag.startsWith(prefix));
  const releaseOf = (tag: string): string => tag.slice(prefix.length).split('-', 1)[0] ?? '';
  const inOneImage = retained.map((image) => ownTags(image).filter((tag) => !keptIds.has(releaseOf(tag))));
  await allOrThrow(inOneImage.map((tags) => removeOneByOne(engine, tags)));

  const unknown = retained.filter((image) => ownTags(image).some((tag) => !recorded.has(releaseOf(tag))));
  const needed = new Set<string>(kept.flatMap(imagesOfRelease));
  const unneeded = [...new Set(removed.flatMap(imagesOfRelease))].filter((image) => !needed.has(image));
  const left = await allOrThrow([
    ...unknown.map(async ({ id }) => ({ image: undefined, details: await engine.inspectImage(id) })),
    ...unneeded.map(async (image) => ({ image, details: (await findImage(engine, image))?.details })),
  ]);
  const names = new Map<string, Set<string>>();
  for (const { image, details } of left) {
    if (details === undefined) continue;
    const known = names.get(details.id) ?? new Set();
    for (const name of namesToRemove(details, image)) if (!needed.has(name)) known.add(name);
    names.set(details.id, known);
  }
  await allOrThrow([...names.values()].map((own) => removeOneByOne(engine, own)));
}

/** Another app or environment may keep the image by a tag of its own, and needs it by digest too. */
function namesToRemove(
  { repoTags, repoDigests }: ImageDetails,
  image: PinnedImage | undefined,
): readonly string[] {
  if (!repoTags.every(isDigestTag)) return [];
  return image !== undefined && repoTags.length === 0 ? [image] : [...repoDigests, ...repoTags];
}

/** Of one image: with its last name the engine deletes it. */
async function removeOneByOne(engine: Pick<Engine, 'removeImage'>, names: Iterable<string>): Promise<void> {
  for (const name of names) await engine.removeImage(name);
}
