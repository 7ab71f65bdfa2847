import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import type { PinnedImage } from '../model/image.ts';
import type { Release } from '../model/release.ts';
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

/** Removes the images of releases, unless a kept release or a container uses them. */
export async function removeImages(
  context: HostContext,
  removed: readonly Release[],
  kept: readonly Release[],
): Promise<void> {
  const { engine } = context;
  const needed = new Set(kept.flatMap(imagesOfRelease));
  for (const { image, tag } of removed.flatMap(retentionTags)) {
    await engine.removeImage(`${retentionRepository(context.appEnvironment)}:${tag}`);
    if (needed.has(image)) continue;
    // Another app or environment may keep the image by a tag of its own, and needs it by digest too.
    const { repoTags = [], repoDigests = [] } = (await findImage(engine, image))?.details ?? {};
    if (!repoTags.every(isDigestTag)) continue;
    for (const name of repoTags.length === 0 ? [image] : [...repoDigests, ...repoTags])
      await engine.removeImage(name);
  }
}

/** Removes what was pulled for releases that no record knows: of runs that were killed between the two. */
export async function removeUnknownImages(
  { engine, appEnvironment }: Pick<HostContext, 'engine' | 'appEnvironment'>,
  known: ReadonlySet<string>,
): Promise<void> {
  const prefix = `${retentionRepository(appEnvironment)}:`;
  const found = await engine.listImages({ reference: [retentionRepository(appEnvironment)] });
  for (const { id, repoTags } of found) {
    const unknown = repoTags.filter(
      (tag) => tag.startsWith(prefix) && !known.has(tag.slice(prefix.length).split('-', 1)[0] ?? ''),
    );
    for (const tag of unknown) await engine.removeImage(tag);
    if (unknown.length === 0) continue;
    const { repoTags: others = [], repoDigests = [] } = (await engine.inspectImage(id)) ?? {};
    if (others.every(isDigestTag))
      for (const name of [...repoDigests, ...others]) await engine.removeImage(name);
  }
}
