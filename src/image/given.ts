import { ConfigurationError } from '../model/errors.ts';
import { type Digest, type ImageReference, type PinnedImage, pinned } from '../model/image.ts';
import { OCI } from './labels.ts';
import { isSame, runnerPlatform } from './platforms.ts';
import { Registry, type RemoteImage, type RemotePlatform } from './registry.ts';
import type { Workshop } from './solve.ts';

/** Images that were made elsewhere, found in their registries. */
export interface GivenImages {
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
  given: ReadonlyMap<string, ImageReference>,
  shop: Workshop,
): Promise<GivenImages> {
  const registry = new Registry(shop);
  const remotes = new Map(
    await Promise.all(
      [...given].map(async ([service, reference]) => [service, await find(reference, registry)] as const),
    ),
  );
  const images = new Map<string, PinnedImage>();
  const configs = new Map<string, Digest>();
  for (const [service, reference] of given) {
    const remote = remotes.get(service);
    if (remote === undefined) continue;
    // The digest as it was given: that of an index stays that of the index.
    const image = pinned(reference.repository, reference.digest ?? remote.digest);
    images.set(service, image);
    const config = forPlatform(remote, runnerPlatform())?.config;
    if (config !== undefined) configs.set(service, config);
    if (reference.digest === undefined) shop.tools.log.info(`${written(reference)} is ${image}.`);
  }
  const tags = [...new Set([...given.values()].flatMap(({ tag }) => (tag === undefined ? [] : [tag])))];
  const revisions = new Set([...remotes.values()].map(revisionOf));
  return { images, configs, tags, revision: revisions.size === 1 ? [...revisions][0] : undefined };
}

async function find(reference: ImageReference, registry: Registry): Promise<RemoteImage> {
  const name =
    reference.digest === undefined ? written(reference) : pinned(reference.repository, reference.digest);
  const remote = await registry.inspect(name);
  if (remote !== undefined) return remote;
  throw new ConfigurationError(
    `image: ${name} was not found in the registry. Check the name and the ${reference.digest === undefined ? 'tag' : 'digest'}; was it pushed, or removed since?`,
  );
}

function written({ repository, tag }: ImageReference): string {
  return `${repository}:${tag ?? 'latest'}`;
}

function revisionOf({ platforms }: RemoteImage): string | undefined {
  return [...platforms.values()][0]?.labels[OCI.revision];
}

/** The image of one platform; the only one where there is but one. */
export function forPlatform({ platforms }: RemoteImage, platform: string): RemotePlatform | undefined {
  const only = platforms.size === 1 ? [...platforms.values()][0] : undefined;
  return only ?? [...platforms].find(([name]) => isSame(name, platform))?.[1];
}
