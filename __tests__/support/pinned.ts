import { type PinnedImage, parseImageReference, pinnedImage } from '../../src/model/image.ts';

/** An image as a test writes it: `registry.test/shop@sha256:…`. */
export function parsePinnedImage(text: string): PinnedImage {
  const { repository, digest } = parseImageReference(text, 'image');
  if (digest === undefined) throw new Error(`${text} has no digest.`);
  return pinnedImage(repository, digest);
}
