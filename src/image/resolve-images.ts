import { ConfigurationError } from '../model/errors.ts';
import { type ImageReference, type PinnedImage, pinnedImage } from '../model/image.ts';
import { inputSetting } from '../model/input-ref.ts';
import type { ImageContext } from './image-context.ts';
import { OCI_LABEL } from './labels.ts';
import { Registry } from './registry.ts';

/** Images that existed before this step. */
export interface ResolvedImages {
  readonly images: ReadonlyMap<string, PinnedImage>;
  /** The tags of the input `image`. */
  readonly tags: readonly string[];
  /** The commit that the labels of all images name. */
  readonly revision: string | undefined;
}

/**
 * Resolves each reference to a digest, once: a tag may move later, a digest can't.
 * @throws ConfigurationError that names `image` when an image does not exist or may not be read
 */
export async function resolveImages(
  references: ReadonlyMap<string, ImageReference>,
  context: ImageContext,
): Promise<ResolvedImages> {
  const registry = new Registry(context);
  const resolved = await Promise.all(
    [...references].map(async ([service, reference]) => ({
      service,
      ...(await resolveImage(reference, registry)),
    })),
  );
  for (const { image, name } of resolved) if (name !== image) context.log.info(`${name} is ${image}.`);
  const tags = [...references.values()].map(({ tag }) => tag).filter((tag) => tag !== undefined);
  const [revision, ...otherRevisions] = new Set(resolved.map((each) => each.revision));
  return {
    images: new Map(resolved.map(({ service, image }) => [service, image])),
    tags: [...new Set(tags)],
    revision: otherRevisions.length === 0 ? revision : undefined,
  };
}

async function resolveImage(
  { repository, tag = 'latest', digest }: ImageReference,
  registry: Registry,
): Promise<{ readonly name: string; readonly image: PinnedImage; readonly revision: string | undefined }> {
  const name = digest === undefined ? `${repository}:${tag}` : pinnedImage(repository, digest);
  const remote = await registry.inspect(name);
  if (remote === undefined) {
    throw new ConfigurationError(
      `image: ${name} was not found in the registry. Check the name and the ${digest === undefined ? 'tag' : 'digest'}, and whether the image was pushed, or removed since. One that was built with ${inputSetting('image-transfer', 'direct')} is in none: set that here too.`,
    );
  }
  // The given digest is kept: that of an index stays that of the index.
  const image = pinnedImage(repository, digest ?? remote.digest);
  const [first] = remote.platforms.values();
  return { name, image, revision: first?.labels[OCI_LABEL.revision] };
}
