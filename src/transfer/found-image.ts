import type { Engine, ImageDetails } from '../engine/engine.ts';
import type { PinnedImage } from '../model/image.ts';
import { digestTagName } from './local-image.ts';

/** An image that a host has. */
export interface FoundImage {
  /** The name by which the host knows it: the image itself, or its digest as a tag. */
  readonly name: string;
  readonly details: ImageDetails;
}

type Inspects = Pick<Engine, 'inspectImage'>;

/** Looks for an image on a host, however it came there. */
export async function findImage(engine: Inspects, image: PinnedImage): Promise<FoundImage | undefined> {
  return (await findNamed(engine, image)) ?? (await findNamed(engine, digestTagName(image)));
}

/** The same in one round, for an image that most likely has only its digest as a tag. */
export async function findSentImage(engine: Inspects, image: PinnedImage): Promise<FoundImage | undefined> {
  const [byDigest, byTag] = await Promise.all([
    findNamed(engine, image),
    findNamed(engine, digestTagName(image)),
  ]);
  return byDigest ?? byTag;
}

async function findNamed(engine: Inspects, name: string): Promise<FoundImage | undefined> {
  const details = await engine.inspectImage(name);
  return details && { name, details };
}
