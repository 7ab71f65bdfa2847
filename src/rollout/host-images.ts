import { formatBytes } from '../model/bytes.ts';
import { HostError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { isPinnedImage } from '../model/image.ts';
import { pickKeys } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import type { HostImage } from '../plan/outcome.ts';
import { inBackground } from '../run/promises.ts';
import { bringImage } from './bring-image.ts';
import { checkDiskSpace } from './disk-space.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { type PulledImage, warnOfOtherPlatform } from './image-platforms.ts';
import { findReleaseImage } from './names-on-host.ts';
import { imagesOnHost } from './needed-images.ts';
import { PullProgress } from './pull-progress.ts';
import { imagesOfRelease, retentionRepository, retentionTags } from './retained-images.ts';

/** The images of a release on a host: found, or pulled, and tagged so that no prune removes them. */

/**
 * Pulls missing images: those of the release, by digest, those of accessories, and the edge's. Then they are kept in the background:
 * `HostRunState.keepsImages`.
 */
export async function pullImages(context: HostContext, action: Action<'pull-images'>): Promise<string> {
  const { runState, waitStatus } = context;
  const images = imagesOnHost(releaseById(context, action.release), context.settings);
  await findImages(context, images);
  const missing = images.filter(({ name }) => runState.foundImages.get(name) === undefined);
  const progress = new PullProgress();
  waitStatus.look = () => progress.text;
  await pullIfThereIsSpace(context, missing, progress);
  runState.keepsImages = inBackground(keepImages(context, action, images, missing, progress));
  return missing.length === 0
    ? 'all images are on the host'
    : `${missing.length} of ${images.length} pulled${pulledText(missing, progress)}`;
}

/** Tags the images of a release, so that no prune removes them, and looks at those that were pulled. */
async function keepImages(
  context: HostContext,
  action: Action<'pull-images'>,
  images: readonly PulledImage[],
  missing: readonly PulledImage[],
  progress: PullProgress,
): Promise<void> {
  const { engine, runState } = context;
  for (const { name } of missing) runState.foundImages.delete(name);
  await Promise.all([
    findImages(context, missing),
    ...retentionTags(releaseById(context, action.release)).map(({ image, tag }) =>
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

/** `, 41.2 MB`; empty if that is not known of every image. */
function pulledText(missing: readonly PulledImage[], progress: PullProgress): string {
  const pulled = missing.map(({ name }) => progress.bytesOf(name));
  if (pulled.includes(undefined)) return '';
  return `, ${formatBytes(pulled.reduce<number>((sum, bytes = 0) => sum + bytes, 0))}`;
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
  const images = imagesOfRelease({ services: pickKeys(release.services, services) });
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
