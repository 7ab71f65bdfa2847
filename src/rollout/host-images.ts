import { formatBytes } from '../model/bytes.ts';
import { CommandError, HostError, messageOf, type SealiftError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { PinnedImage } from '../model/image.ts';
import { pickKeys } from '../model/json.ts';
import { loginAdvice, registryOf } from '../model/registry.ts';
import { type AppEnvironment, baseProject, type Release } from '../model/release.ts';
import type { Action } from '../plan/actions.ts';
import type { HostImage } from '../plan/outcome.ts';
import { checkDiskSpace, diskFullError, layersForHost } from './disk-space.ts';
import { type HostContext, releaseById } from './host-context.ts';
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
  const { engine, runState, settings, waitStatus } = context;
  const release = releaseById(context, action.release);
  const accessories = Object.values(release.base.services).map((service) => service['image']);
  const edge = release.routes.length > 0 ? [settings.edgeImage] : [];
  const images = new Set([
    ...imagesOf(release),
    ...accessories.filter((image) => typeof image === 'string'),
    ...edge,
  ]);
  const lookups = await Promise.all(
    [...images].map(async (image) => ((await engine.inspectImage(image)) === undefined ? [image] : [])),
  );
  const missing = lookups.flat();
  await checkDiskSpace(context, missing);
  const progress = new PullProgress();
  waitStatus.look = () => progress.text;
  await Promise.all(missing.map((image) => pullImage(context, image, progress)));
  await Promise.all(
    retentionTags(release).map(({ image, tag }) =>
      engine.tagImage(image, retentionRepository(context.appEnvironment), tag),
    ),
  );
  const found = await Promise.all(
    [...images].map(async (image): Promise<HostImage> => {
      const pulled = missing.includes(image) ? progress.bytesOf(image) : 0;
      return { image, size: (await engine.inspectImage(image))?.size, pulled };
    }),
  );
  runState.pullResults.set(action, found);
  return missing.length === 0
    ? 'all images are on the host'
    : `${missing.length} of ${images.size} pulled${pulledText(found)}`;
}

/** `, 41.2 MB`; empty if that is not known of every image. */
function pulledText(images: readonly HostImage[]): string {
  if (images.some(({ pulled }) => pulled === undefined)) return '';
  return `, ${formatBytes(images.reduce((sum, { pulled = 0 }) => sum + pulled, 0))}`;
}

async function pullImage(context: HostContext, image: string, progress: PullProgress): Promise<void> {
  const { engine, environment, log, signal } = context;
  // Nobody waits for it: it only tells how much there is to pull.
  layersForHost(context, image).then(
    (layers = []) => progress.measure(image, layers),
    (error: unknown) => log.debug(`${engine.host}: the size of ${image} is not known: ${messageOf(error)}`),
  );
  try {
    const env = { ...environment, ...engine.cliEnvironment };
    const onLine = (line: string): void => progress.read(image, line);
    await context.run('docker', ['pull', image], { env, signal, onLine });
  } catch (error) {
    throw error instanceof CommandError ? await pullError(context, image, error) : error;
  }
}

async function pullError(
  context: HostContext,
  image: string,
  { stderr, evidence, message }: CommandError,
): Promise<SealiftError> {
  const registry = registryOf(image);
  if (/no space left on device/i.test(stderr)) return diskFullError(context, [image], evidence);
  const text = /unauthorized|authentication required|denied|no basic auth/i.test(stderr)
    ? `the registry ${registry} refuses ${image}. Check that the login for ${registry} can read it. If there is none, ${loginAdvice(registry)}. A login on the server itself is not used.`
    : /not found|manifest unknown|no matching manifest/i.test(stderr)
      ? `${image} was not found, or has no variant for this host's platform. Check that it is in the registry, and that "platforms" of its build names this platform.`
      : `could not pull ${image}: ${evidence.at(-1) ?? message}`;
  return new HostError(context.engine.host, text, { evidence });
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
    const tags = (await engine.inspectImage(image))?.repoTags ?? [];
    if (tags.length === 0) await engine.removeImage(image);
  }
}

/**
 * The engine's id of each image of services of a release, found by digest: what the containers must run.
 * @throws HostError when an image is not on the host
 */
export async function imageIds(
  { engine }: HostContext,
  release: Release,
  services: readonly ServiceName[],
): Promise<ReadonlyMap<string, string>> {
  const images = imagesOf({ services: pickKeys(release.services, services) });
  return new Map(
    await Promise.all(
      images.map(async (image) => {
        const details = await engine.inspectImage(image);
        if (details === undefined)
          throw new HostError(engine.host, `${image} is not on this host any more. Deploy again.`);
        return [image, details.id] as const;
      }),
    ),
  );
}
