import { CommandError, HostError, type SealiftError } from '../model/errors.ts';
import type { PinnedImage } from '../model/image.ts';
import { baseProject, type Release, type ReleaseId } from '../model/release.ts';
import { checkRoom, noRoom, shortage } from './room.ts';
import { releaseById, type Work } from './work.ts';

/** Images of a release on a host: brought there, tagged so that no pruning takes them, removed with the release. */

const repositoryFor = (of: Work['of']): string => `sealift/${baseProject(of)}`;

/** The distinct images of a release with the tag that keeps each on the host. */
function keptImages(release: Release): readonly { readonly image: PinnedImage; readonly tag: string }[] {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))].sort();
  return images.map((image, index) => ({ image, tag: `${release.id}-${index}` }));
}

/** Pulls what the host lacks: the release's images, those of accessories, the edge's. Only digests are deployed of the release. */
export async function pullImages(work: Work, id: ReleaseId): Promise<string> {
  const release = releaseById(work, id);
  const kept = keptImages(release);
  const others = Object.values(release.base.services)
    .map((service) => service['image'])
    .filter((image) => typeof image === 'string');
  const edge = release.routes.length > 0 ? [work.settings.edgeImage] : [];
  const wanted = [...new Set([...kept.map(({ image }) => image), ...others, ...edge])];
  const missing = await Promise.all(
    wanted.map(async (image) => ((await work.engine.inspectImage(image)) === undefined ? [image] : [])),
  );
  await checkRoom(work, missing.flat());
  await Promise.all(missing.flat().map((image) => pull(work, image)));
  await Promise.all(kept.map(({ image, tag }) => work.engine.tagImage(image, repositoryFor(work.of), tag)));
  const count = missing.flat().length;
  return count === 0 ? 'already there' : `${count} of ${wanted.length} pulled`;
}

async function pull(work: Work, image: string): Promise<void> {
  try {
    await work.run('docker', ['pull', '--quiet', image], {
      env: { ...work.environment, ...work.engine.cli },
      signal: work.signal,
    });
  } catch (error) {
    throw error instanceof CommandError ? await explainPull(work, image, error) : error;
  }
}

async function explainPull(work: Work, image: string, error: CommandError): Promise<SealiftError> {
  const { host } = work.engine;
  const said = error.stderr;
  if (/no space left on device/i.test(said)) {
    return noRoom(work, [image], await shortage(work, [image]), error.evidence);
  }
  if (/unauthorized|authentication required|denied|no basic auth/i.test(said)) {
    return new HostError(
      host,
      `the registry refuses ${image}. Give registry-username and registry-password, or check that they may read it.`,
      { evidence: error.evidence },
    );
  }
  if (/not found|manifest unknown|no matching manifest/i.test(said)) {
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
  work: Work,
  gone: readonly Release[],
  staying: readonly Release[],
): Promise<void> {
  const needed = new Set(
    staying.flatMap((release) => Object.values(release.services).map((service) => service.image)),
  );
  for (const release of gone) {
    for (const { image, tag } of keptImages(release)) {
      await work.engine.removeImage(`${repositoryFor(work.of)}:${tag}`);
      if (needed.has(image)) continue;
      // Another app or environment may keep the same bytes by a tag of its own; it needs the digest too.
      const others = (await work.engine.inspectImage(image))?.repoTags ?? [];
      if (others.length === 0) await work.engine.removeImage(image);
    }
  }
}

/**
 * The engine's id of each service's image on this host, found through the digest: what a container must run.
 * @throws SealiftError when an image is not on the host under its digest.
 */
export async function imageIds(work: Work, release: Release): Promise<ReadonlyMap<string, string>> {
  const images = [...new Set(Object.values(release.services).map((service) => service.image))];
  const found = await Promise.all(
    images.map(async (image) => {
      const details = await work.engine.inspectImage(image);
      if (details === undefined) throw new HostError(work.engine.host, `${image} is not on this host.`);
      return [image, details.id] as const;
    }),
  );
  return new Map(found);
}
