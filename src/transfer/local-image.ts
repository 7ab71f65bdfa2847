import { type PinnedImage, repositoryOf } from '../model/image.ts';
import type { Origin } from '../model/release.ts';
import type { OciLayout } from '../oci/layout.ts';
import type { LayoutImage, LayoutManifest } from '../oci/layout-image.ts';
import { chainOf } from './known-layers.ts';

/** An image whose bytes are on the runner. */
export interface LocalImage {
  /** The image that it is, whichever name an engine has for it. */
  readonly name: PinnedImage;
  readonly layout: OciLayout;
  /**
   * As the layout has it. Its digest is that of the name, unless an engine with the classic store gave the archive: that store
   * keeps the config of an image and no manifest.
   */
  readonly image: LayoutImage;
}

/** The part of an image that a platform needs; `linux/arm64` also means `linux/arm64/v8`. */
export function manifestFor({ image }: LocalImage, platform: string): LayoutManifest | undefined {
  return image.manifests.find(
    (each) => each.platform === platform || each.platform.startsWith(`${platform}/`),
  );
}

/**
 * The tag by which a host has an image that came to it without its registry. Engines keep an image only by a tag or by the
 * registry that it was pulled from. The tag says the digest, so it never names another image.
 */
export function digestTagOf(image: PinnedImage): { readonly repository: string; readonly tag: string } {
  return { repository: repositoryOf(image), tag: image.slice(image.indexOf('@') + 1).replace(':', '-') };
}

export function digestTagName(image: PinnedImage): string {
  const { repository, tag } = digestTagOf(image);
  return `${repository}:${tag}`;
}

/** Whether a name in an engine is such a tag, which nobody but Sealift gives. */
export const isDigestTag = (name: string): boolean => /:sha256-[0-9a-f]{64}$/.test(name);

/** The ids that engines may give to an image: of its config on the classic store, else of a manifest; see `Origin.imageIds`. */
function idsOfImage({ image }: LocalImage): readonly string[] {
  const ids = image.manifests.flatMap(({ config, descriptor }) => [config.digest, descriptor.digest]);
  return [...new Set([image.descriptor.digest, ...ids])];
}

/** What is recorded of images that are in no registry. */
export const recordedImages = (
  images: readonly LocalImage[],
): Required<Pick<Origin, 'imageTransfer' | 'imageIds' | 'imageChains'>> => ({
  imageTransfer: 'direct',
  imageIds: Object.fromEntries(images.map((each) => [each.name, idsOfImage(each)])),
  imageChains: Object.fromEntries(
    images.map(({ name, image }) => [name, image.manifests.map(({ diffIds }) => chainOf(diffIds))]),
  ),
});

/** By the image's name. */
export const byName = (images: Iterable<LocalImage>): ReadonlyMap<PinnedImage, LocalImage> =>
  new Map([...images].map((image) => [image.name, image]));
