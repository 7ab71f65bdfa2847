import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import { formatBytes } from '../model/bytes.ts';
import type { EdgeImages } from '../model/deploy-options.ts';
import { HostError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { isPinnedImage, type PinnedImage } from '../model/image.ts';
import { asText, pickKeys } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import { isTcpRoute } from '../model/route.ts';
import type { Action } from '../plan/actions.ts';
import type { HostImage } from '../plan/outcome.ts';
import { publishesPortsItself } from '../release/compose/self-published.ts';
import { findImage } from '../transfer/found-image.ts';
import { isDigestTag } from '../transfer/local-image.ts';
import { bringImage } from './bring-image.ts';
import { checkDiskSpace } from './disk-space.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { type PulledImage, warnOfOtherPlatform } from './image-platforms.ts';
import { findReleaseImage } from './names-on-host.ts';
import { PullProgress } from './pull-progress.ts';

/** The images of a release on a host: pulled, tagged so that no prune removes them, removed with the release. */

/** The repository of the tags that keep the images of an environment. */
export const retentionRepository = (appEnvironment: AppEnvironment): string =>
  `sealift/${baseProject(appEnvironment)}`;

const imagesOf = ({ services }: Pick<Release, 'services'>): readonly PinnedImage[] =>
  [...new Set(Object.values(services).map(({ image }) => image))].sort();

/** The tag that keeps each image of a release on the host. */
const retentionTags = (release: Release): readonly { readonly image: PinnedImage; readonly tag: string }[] =>
  imagesOf(release).map((image, index) => ({ image, tag: `${release.id}-${index}` }));

/** Pulls missing images: those of the release, by digest, those of accessories, and the edge's. */
export async function pullImages(context: HostContext, action: Action<'pull-images'>): Promise<string> {
  const { engine, runState, waitStatus } = context;
  const release = releaseById(context, action.release);
  const images = imagesOnHost(release, context.settings);
  await findImages(context, images);
  const missing = images.filter(({ name }) => runState.foundImages.get(name) === undefined);
  const progress = new PullProgress();
  waitStatus.look = () => progress.text;
  await pullIfThereIsSpace(context, missing, progress);
  for (const { name } of missing) runState.foundImages.delete(name);
  await Promise.all([
    findImages(context, missing),
    ...retentionTags(release).map(({ image, tag }) =>
      engine.tagImage(
        runState.imageNames.get(image) ?? image,
        retentionRepository(context.appEnvironment),
        tag,
      ),
    ),
  ]);
  const found = await Promise.all(
    images.map(async (image): Promise<HostImage> => {
      const { name } = image;
      const details = runState.foundImages.get(name);
      await warnOfOtherPlatform(context, image, details?.platform ?? '');
      return {
        image: name,
        size: details?.size,
        pulled: missing.includes(image) ? progress.bytesOf(name) : 0,
      };
    }),
  );
  runState.pullResults.set(action, found);
  return missing.length === 0
    ? 'all images are on the host'
    : `${missing.length} of ${images.length} pulled${pulledText(found)}`;
}

/** Asks for the images that were not asked for yet. */
async function findImages(context: HostContext, images: readonly PulledImage[]): Promise<void> {
  const { engine, runState } = context;
  await Promise.all(
    images.map(async ({ name, isReleased }) => {
      // Only what came without a registry may have another name.
      const mayHaveTag = isReleased && isPinnedImage(name) && usesTransfer(context);
      const known = runState.foundImages;
      if (mayHaveTag ? known.get(name) !== undefined : known.has(name)) return;
      known.set(
        name,
        mayHaveTag ? (await findReleaseImage(context, name))?.details : await engine.inspectImage(name),
      );
    }),
  );
}

const usesTransfer = ({ images }: HostContext): boolean =>
  images !== undefined && (images.kind === 'direct' || images.mayCopy);

/** Pulls while the free space is looked at, and stops if that is too small. What is pulled had the space. */
async function pullIfThereIsSpace(
  context: HostContext,
  images: readonly PulledImage[],
  progress: PullProgress,
): Promise<void> {
  const shortage = new AbortController();
  const signal = AbortSignal.any([context.signal, shortage.signal]);
  const names = images.map(({ name }) => name);
  checkDiskSpace({ ...context, signal }, names).catch((error: unknown) => shortage.abort(error));
  try {
    await pullAll({ ...context, signal }, images, progress);
  } catch (error) {
    throw shortage.signal.aborted ? shortage.signal.reason : error;
  } finally {
    shortage.abort();
  }
}

/** A pull holds one of the few connections that some hosts allow (engine/connect.ts), and an engine transfers three layers at once. */
const PULLS_AT_ONCE = 3;

async function pullAll(
  context: HostContext,
  images: readonly PulledImage[],
  progress: PullProgress,
): Promise<void> {
  const waiting = [...images];
  const pullNext = async (): Promise<void> => {
    for (let image = waiting.shift(); image !== undefined; image = waiting.shift())
      await bringImage(context, image, progress);
  };
  await Promise.all(Array.from({ length: PULLS_AT_ONCE }, pullNext));
}

/** The images that a host needs for a release. */
export const imageNamesOf = (release: Release, edgeImages: EdgeImages): readonly string[] =>
  imagesOnHost(release, edgeImages).map(({ name }) => name);

/** What a host needs for a release, each image once. Its platform is that of `platform:`, if all its services say the same. */
export function imagesOnHost(
  release: Release,
  { edgeImage, tcpEdgeImage }: EdgeImages,
): readonly PulledImage[] {
  const { services, compose, base, routes } = release;
  // Without routes there is no edge, but its image asks the ports that services publish themselves.
  const needsEdgeImage = routes.length > 0 || publishesPortsItself(release);
  const uses = [
    ...Object.entries(services).map(([name, { image }]) => ({
      ...{ name: image, isReleased: true },
      platform: asText(compose.services[name]?.['platform']),
    })),
    ...Object.values(base.services).flatMap(({ image, platform }) =>
      typeof image === 'string' ? [{ name: image, isReleased: false, platform: asText(platform) }] : [],
    ),
    ...(needsEdgeImage ? [{ name: edgeImage, isReleased: false, platform: undefined }] : []),
    ...(routes.some(isTcpRoute) ? [{ name: tcpEdgeImage, isReleased: false, platform: undefined }] : []),
  ];
  const images = new Map<string, PulledImage>();
  for (const use of uses) {
    const known = images.get(use.name) ?? use;
    images.set(use.name, known.platform === use.platform ? known : { ...known, platform: undefined });
  }
  return [...images.values()];
}

/** `, 41.2 MB`; empty if that is not known of every image. */
function pulledText(images: readonly HostImage[]): string {
  if (images.some(({ pulled }) => pulled === undefined)) return '';
  return `, ${formatBytes(images.reduce((sum, { pulled = 0 }) => sum + pulled, 0))}`;
}

/** Removes the images of releases, unless a kept release or a container uses them. */
export async function removeImages(
  context: HostContext,
  removed: readonly Release[],
  kept: readonly Release[],
): Promise<void> {
  const { engine } = context;
  const needed = new Set(kept.flatMap(imagesOf));
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

/**
 * The engine's id of each image of services of a release, found by digest: what the containers must run.
 * @throws HostError when an image is not on the host
 */
export async function imageIds(
  context: HostContext,
  release: Release,
  services: readonly ServiceName[],
): Promise<ReadonlyMap<string, string>> {
  const images = imagesOf({ services: pickKeys(release.services, services) });
  return new Map(
    await Promise.all(
      images.map(async (image) => {
        const details =
          context.runState.foundImages.get(image) ?? (await findReleaseImage(context, image))?.details;
        if (details === undefined)
          throw new HostError(context.engine.host, `${image} is not on this host any more. Deploy again.`);
        return [image, details.id] as const;
      }),
    ),
  );
}
