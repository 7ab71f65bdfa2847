import { CommandError, HostError, type SealiftError } from '../model/errors.ts';
import type { PinnedImage } from '../model/image.ts';
import { baseProject, type Release, type ReleaseId } from '../model/release.ts';
import { checkDiskSpace, diskFullError, measureShortage } from './disk-space.ts';
import { type HostContext, releaseById } from './host-context.ts';

/** Images of a release on a host: brought there, tagged so that no pruning takes them, removed with the release. */

const retentionRepository = (appEnvironment: HostContext['appEnvironment']): string =>
  `sealift/${baseProject(appEnvironment)}`;

/** The distinct images of a release with the tag that keeps each on the host. */
function retentionTags(release: Release): readonly { readonly image: PinnedImage; readonly tag: string }[] {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))].sort();
  return images.map((image, index) => ({ image, tag: `${release.id}-${index}` }));
}

/** Pulls what the host lacks: the release's images, those of accessories, the edge's. Only digests are deployed of the release. */
export async function pullImages(context: HostContext, id: ReleaseId): Promise<string> {
  const release = releaseById(context, id);
  const tagged = retentionTags(release);
  const others = Object.values(release.base.services)
    .map((service) => service['image'])
    .filter((image) => typeof image === 'string');
  const edge = release.routes.length > 0 ? [context.settings.edgeImage] : [];
  const wanted = [...new Set([...tagged.map(({ image }) => image), ...others, ...edge])];
  const missing = await Promise.all(
    wanted.map(async (image) => ((await context.engine.inspectImage(image)) === undefined ? [image] : [])),
  );
  await checkDiskSpace(context, missing.flat());
  await Promise.all(missing.flat().map((image) => pullImage(context, image)));
  await Promise.all(
    tagged.map(({ image, tag }) =>
      context.engine.tagImage(image, retentionRepository(context.appEnvironment), tag),
    ),
  );
  const count = missing.flat().length;
  return count === 0 ? 'already there' : `${count} of ${wanted.length} pulled`;
}

async function pullImage(context: HostContext, image: string): Promise<void> {
  try {
    await context.run('docker', ['pull', '--quiet', image], {
      env: { ...context.environment, ...context.engine.cliEnvironment },
      signal: context.signal,
    });
  } catch (error) {
    throw error instanceof CommandError ? await pullError(context, image, error) : error;
  }
}

async function pullError(context: HostContext, image: string, error: CommandError): Promise<SealiftError> {
  const { host } = context.engine;
  const stderr = error.stderr;
  if (/no space left on device/i.test(stderr)) {
    return diskFullError(context, [image], await measureShortage(context, [image]), error.evidence);
  }
  if (/unauthorized|authentication required|denied|no basic auth/i.test(stderr)) {
    return new HostError(
      host,
      `the registry refuses ${image}. Give registry-username and registry-password, or check that they may read it.`,
      { evidence: error.evidence },
    );
  }
  if (/not found|manifest unknown|no matching manifest/i.test(stderr)) {
    return new HostError(host, `${image} was not found, or not for this host's platform.`, {
      evidence: error.evidence,
    });
  }
  return new HostError(host, `could not pull ${image}: ${error.evidence.at(-1) ?? error.message}`, {
    evidence: error.evidence,
  });
}

/** Removes the images of releases that go, except what a release that stays or any container still uses. */
export async function removeImages(
  context: HostContext,
  gone: readonly Release[],
  staying: readonly Release[],
): Promise<void> {
  const needed = new Set(
    staying.flatMap((release) => Object.values(release.services).map((service) => service.image)),
  );
  for (const release of gone) {
    for (const { image, tag } of retentionTags(release)) {
      await context.engine.removeImage(`${retentionRepository(context.appEnvironment)}:${tag}`);
      if (needed.has(image)) continue;
      // Another app or environment may keep the same bytes by a tag of its own; it needs the digest too.
      const others = (await context.engine.inspectImage(image))?.repoTags ?? [];
      if (others.length === 0) await context.engine.removeImage(image);
    }
  }
}

/**
 * The engine's id of each service's image on this host, found through the digest: what a container must run.
 * @throws SealiftError when an image is not on the host under its digest.
 */
export async function imageIds(context: HostContext, release: Release): Promise<ReadonlyMap<string, string>> {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))];
  const found = await Promise.all(
    images.map(async (image) => {
      const details = await context.engine.inspectImage(image);
      if (details === undefined) throw new HostError(context.engine.host, `${image} is not on this host.`);
      return [image, details.id] as const;
    }),
  );
  return new Map(found);
}
