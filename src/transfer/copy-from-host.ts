import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import { digestOf, type PinnedImage } from '../model/image.ts';
import { readLayoutImage } from '../oci/layout-image.ts';
import { readImageArchive } from '../oci/read-image-archive.ts';
import type { FoundImage } from './found-image.ts';
import type { LocalImage } from './local-image.ts';

/**
 * Reads an image from a host that has it.
 * @param folder where its bytes are kept, until the step ends
 * @throws HostError if what the engine gives is not that image
 */
export async function copyFromHost(
  engine: Engine,
  image: PinnedImage,
  { name, details }: FoundImage,
  folder: string,
  signal: AbortSignal,
): Promise<LocalImage> {
  const archive = await engine.saveImage(name, signal);
  const path = join(folder, `image-${randomUUID().slice(0, 8)}`);
  const { layout, descriptor } = await readImageArchive(archive, path);
  const copy = await readLayoutImage(layout, descriptor, { partial: true });
  // The containerd store gives the manifest itself; the classic one makes a new one for the config, which is its id there.
  const isSame =
    descriptor.digest === digestOf(image) ||
    copy.manifests.some(({ config, descriptor: manifest }) =>
      [config.digest, manifest.digest].some((digest) => digest === details.id),
    );
  if (!isSame)
    throw new HostError(
      engine.host,
      `what it gives for ${image} is another image (${descriptor.digest}). Deploy it again.`,
    );
  return { name: image, layout, image: copy };
}
