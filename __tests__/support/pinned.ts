import { type PinnedImage, parseImage, pinned } from '../../src/model/image.ts';

/** An image as a test writes it: `registry.test/shop@sha256:…`. */
export function pinnedImage(text: string): PinnedImage {
  const { repository, digest } = parseImage(text, 'image');
  if (digest === undefined) throw new Error(`${text} has no digest.`);
  return pinned(repository, digest);
}
