import type { Engine, ImageDetails } from '../engine/engine.ts';
import type { PinnedImage } from '../model/image.ts';
import { digestTagName } from './local-image.ts';

/** An image that a host has. */
export interface FoundImage {
  /** The name by which the host knows it: the image itself, or its digest as a tag. */
  readonly name: string;
  readonly details: ImageDetails;
}

/** Looks for an image on a host, however it came there. */
export async function findImage(
  engine: Pick<Engine, 'inspectImage'>,
  image: PinnedImage,
): Promise<FoundImage | undefined> {
  for (const name of [image, digestTagName(image)]) {
    const details = await engine.inspectImage(name);
    if (details !== undefined) return { name, details };
  }
  return undefined;
}
