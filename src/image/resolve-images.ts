import { ConfigurationError } from '../model/errors.ts';
import { type Digest, type ImageReference, type PinnedImage, pinnedImage } from '../model/image.ts';
import { OCI_LABEL } from './labels.ts';
import { isSamePlatform, runnerPlatform } from './platforms.ts';
import { Registry, type RemoteImage, type RemotePlatform } from './registry.ts';
import type { ImageContext } from './run-bake.ts';

/** Images that were made elsewhere, found in their registries. */
export interface ResolvedImages {
  readonly images: ReadonlyMap<string, PinnedImage>;
  readonly configs: ReadonlyMap<string, Digest>;
  /** The tags that were given, and what the images' label says of their commit. */
  readonly tags: readonly string[];
  readonly revision: string | undefined;
}

/**
 * Resolves each reference once: a tag may move, a digest can't, so from here on there are digests only.
 * @throws ConfigurationError naming `image` when there is no such image or it may not be read.
 */
export async function resolveImages(
  references: ReadonlyMap<string, ImageReference>,
  context: ImageContext,
): Promise<ResolvedImages> {
  const registry = new Registry(context);
  const remotes = new Map(
    await Promise.all(
      [...references].map(
        async ([service, reference]) => [service, await inspectExisting(reference, registry)] as const,
      ),
    ),
  );
  const images = new Map<string, PinnedImage>();
  const configs = new Map<string, Digest>();
  for (const [service, reference] of references) {
    const remote = remotes.get(service);
    if (remote === undefined) continue;
    // The digest as it was given: that of an index stays that of the index.
    const image = pinnedImage(reference.repository, reference.digest ?? remote.digest);
    images.set(service, image);
    const config = imageForPlatform(remote, runnerPlatform())?.config;
    if (config !== undefined) configs.set(service, config);
    if (reference.digest === undefined) context.tools.log.info(`${taggedReference(reference)} is ${image}.`);
  }
  const tags = [...new Set([...references.values()].flatMap(({ tag }) => (tag === undefined ? [] : [tag])))];
  const revisions = new Set([...remotes.values()].map(revisionLabelOf));
  return { images, configs, tags, revision: revisions.size === 1 ? [...revisions][0] : undefined };
}

async function inspectExisting(reference: ImageReference, registry: Registry): Promise<RemoteImage> {
  const name =
    reference.digest === undefined
      ? taggedReference(reference)
      : pinnedImage(reference.repository, reference.digest);
  const remote = await registry.inspect(name);
  if (remote !== undefined) return remote;
  throw new ConfigurationError(
    `image: ${name} was not found in the registry. Check the name and the ${reference.digest === undefined ? 'tag' : 'digest'}; was it pushed, or removed since?`,
  );
}

function taggedReference({ repository, tag }: ImageReference): string {
  return `${repository}:${tag ?? 'latest'}`;
}

function revisionLabelOf({ platforms }: RemoteImage): string | undefined {
  return [...platforms.values()][0]?.labels[OCI_LABEL.revision];
}

/** The image of one platform; the only one where there is but one. */
export function imageForPlatform({ platforms }: RemoteImage, platform: string): RemotePlatform | undefined {
  const only = platforms.size === 1 ? [...platforms.values()][0] : undefined;
  return only ?? [...platforms].find(([name]) => isSamePlatform(name, platform))?.[1];
}
